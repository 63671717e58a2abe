# Serves the folders large and small (4 MB) of /mnt/export by NFS 3 and 4. A machine that is not heard of for 10 s loses
# its locks of NFS 4 to the next who asks.
set -e
mkdir /mnt/export
mount -t tmpfs tmpfs /mnt/export
mkdir /mnt/export/large /mnt/export/small
mount -t tmpfs tmpfs /mnt/export/large
mount -t tmpfs -o size=4m tmpfs /mnt/export/small
mount -t nfsd nfsd /proc/fs/nfsd
touch /var/lib/nfs/etab /var/lib/nfs/rmtab
rpcbind -w
rpc.statd --no-notify
echo 10 > /proc/fs/nfsd/nfsv4leasetime
echo 10 > /proc/fs/nfsd/nfsv4gracetime
options=rw,no_root_squash,no_subtree_check,insecure
exportfs -i -o "$options,fsid=0" "*:/mnt/export"
exportfs -i -o "$options,fsid=1" "*:/mnt/export/large"
exportfs -i -o "$options,fsid=2" "*:/mnt/export/small"
rpc.mountd
rpc.nfsd 4
