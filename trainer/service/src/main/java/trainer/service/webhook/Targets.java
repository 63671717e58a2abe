package trainer.service.webhook;

import java.net.InetAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Where webhooks may lead. A host is looked up once for each request, and the request goes to an
 * address that was checked: a name that means another address a moment later changes nothing.
 */
public final class Targets {
  private final Set<String> allowed;
  private final Resolver resolver;

  /** Looks up the addresses of a host. */
  @FunctionalInterface
  interface Resolver {
    InetAddress[] resolve(String host) throws UnknownHostException;
  }

  /**
   * @param allowed hosts that may be of this machine or a private network, as {@code HOST} or
   *     {@code HOST:PORT}
   */
  public Targets(Set<String> allowed) {
    this(allowed, InetAddress::getAllByName);
  }

  Targets(Set<String> allowed, Resolver resolver) {
    this.allowed = Set.copyOf(allowed.stream().map(host -> host.toLowerCase(Locale.ROOT)).toList());
    this.resolver = resolver;
  }

  /**
   * An address that was checked.
   *
   * @param uri http or https, with a host
   * @param port of the URI, or the one that goes without saying
   */
  record Target(URI uri, InetAddress address, int port) {
    boolean isEncrypted() {
      return uri.getScheme().equalsIgnoreCase("https");
    }
  }

  /**
   * Checks an address.
   *
   * @throws TargetException if nothing may be sent there; the message says why
   */
  public void check(String url) {
    resolve(url);
  }

  /** Checks an address and looks it up. */
  Target resolve(String url) {
    URI uri = parse(url);
    int port =
        uri.getPort() >= 0 ? uri.getPort() : uri.getScheme().equalsIgnoreCase("https") ? 443 : 80;
    String host = uri.getHost().toLowerCase(Locale.ROOT);
    InetAddress[] addresses;
    try {
      addresses = resolver.resolve(host);
    } catch (UnknownHostException e) {
      throw new TargetException("%s: the host '%s' is not known".formatted(url, host));
    }
    if (!allowed.contains(host) && !allowed.contains(host + ":" + port)) {
      for (InetAddress address : addresses) {
        if (!PublicAddresses.isPublic(address)) {
          throw new TargetException(
              "%s: '%s' is an address of this machine or of a private network: allow it with --webhook-host %s"
                  .formatted(url, address.getHostAddress(), host));
        }
      }
    }
    return new Target(uri, addresses[0], port);
  }

  private static URI parse(String url) {
    try {
      URI uri = new URI(url);
      String scheme = String.valueOf(uri.getScheme()).toLowerCase(Locale.ROOT);
      if (List.of("http", "https").contains(scheme)
          && uri.getHost() != null
          && uri.getRawUserInfo() == null
          && uri.getRawFragment() == null
          && uri.getPort() <= 65535
          && uri.getPort() != 0
          && url.chars().allMatch(character -> character < 128)) {
        return uri;
      }
    } catch (URISyntaxException e) {
      // Refused as one of another scheme.
    }
    throw new TargetException(
        "'%s' must be an http or https URL with a host, without user, password or fragment"
            .formatted(url));
  }
}
