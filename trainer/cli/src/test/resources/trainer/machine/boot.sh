# The first program of a Linux in user mode: root is the host's file system, not writable.
# ADDRESS: this machine's; SHARED: the host's folder that all machines have at /mnt/host.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /mnt
mkdir -p /mnt/host /mnt/lib /mnt/run /mnt/tmp /mnt/nfs/sm /mnt/nfs/sm.bak /mnt/nfs/v4recovery /run/rpcbind
mount -t hostfs -o "$SHARED" none /mnt/host
mount --bind /mnt/nfs /var/lib/nfs
ln -s /usr/lib/uml/modules /mnt/lib/modules
for module in nfsv3 nfsv4 nfsd quota_v2; do
  modprobe -d /mnt "$module"
done
hostname "$NAME"
ip link set lo up
ip address add "$ADDRESS/24" dev eth0
ip link set eth0 up
stty raw -echo
echo "= 0"
while read -r script; do
  sh "/mnt/host/$script" < /dev/null 2>&1
  echo "= $?"
done
