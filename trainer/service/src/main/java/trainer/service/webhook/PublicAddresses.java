package trainer.service.webhook;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;

/**
 * Recognizes public addresses. All others lead to this machine, its network or its cloud's metadata
 * service. After IANA's special-purpose address registries; of the clouds' own addresses only
 * Azure's is in none of them.
 */
final class PublicAddresses {
  private static final int IPV4_BYTES = 4;

  private PublicAddresses() {}

  static boolean isPublic(InetAddress address) {
    if (address.isAnyLocalAddress()
        || address.isLoopbackAddress()
        || address.isLinkLocalAddress()
        || address.isSiteLocalAddress()
        || address.isMulticastAddress()) {
      return false;
    }
    byte[] bytes = address.getAddress();
    return address instanceof Inet4Address ? isPublic4(bytes) : isPublic6(bytes);
  }

  private static boolean isPublic4(byte[] bytes) {
    int first = bytes[0] & 0xff;
    int second = bytes[1] & 0xff;
    int third = bytes[2] & 0xff;
    boolean carrier = first == 100 && second >= 64 && second < 128; // 100.64.0.0/10
    boolean protocols = first == 192 && second == 0 && third == 0; // 192.0.0.0/24
    boolean relays = first == 192 && second == 88 && third == 99; // 192.88.99.0/24
    boolean benchmarks = first == 198 && (second == 18 || second == 19); // 198.18.0.0/15
    boolean azure = first == 168 && second == 63 && third == 129; // its own service, at .16
    boolean examples =
        (first == 192 && second == 0 && third == 2)
            || (first == 198 && second == 51 && third == 100)
            || (first == 203 && second == 0 && third == 113);
    return first != 0
        && first < 224
        && !carrier
        && !protocols
        && !relays
        && !benchmarks
        && !azure
        && !examples;
  }

  private static boolean isPublic6(byte[] bytes) {
    boolean globalUnicast = (bytes[0] & 0xe0) == 0x20; // 2000::/3
    int prefix = (bytes[0] & 0xff) << 8 | (bytes[1] & 0xff);
    int second = (bytes[2] & 0xff) << 8 | (bytes[3] & 0xff);
    boolean protocols = prefix == 0x2001 && second < 0x0200; // 2001::/23, Teredo with it
    boolean examples = (prefix == 0x2001 && second == 0x0db8) || prefix == 0x3fff;
    if (prefix == 0x2002) { // 6to4 embeds an IPv4 address
      return isPublic(Arrays.copyOfRange(bytes, 2, 2 + IPV4_BYTES));
    }
    return globalUnicast && !protocols && !examples;
  }

  private static boolean isPublic(byte[] ipv4) {
    try {
      return isPublic(InetAddress.getByAddress(ipv4));
    } catch (UnknownHostException e) {
      throw new AssertionError("four bytes are an address", e);
    }
  }
}
