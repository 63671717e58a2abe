package trainer.service.webhook;

import java.net.InetAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Checks the URLs of webhooks. A host is resolved once per request, and the request goes to the
 * checked address, so DNS rebinding has no effect. Messages name the host only: paths and queries
 * may be secrets.
 */
public final class Targets {
  private final Set<String> allowed;
  private final Resolver resolver;

  /** Resolves a host. */
  @FunctionalInterface
  interface Resolver {
    InetAddress[] resolve(String host) throws UnknownHostException;
  }

  /**
   * @param allowed private or local hosts, as {@code HOST} or {@code HOST:PORT}
   */
  public Targets(Set<String> allowed) {
    this(allowed, InetAddress::getAllByName);
  }

  Targets(Set<String> allowed, Resolver resolver) {
    this.allowed = Set.copyOf(allowed.stream().map(host -> host.toLowerCase(Locale.ROOT)).toList());
    this.resolver = resolver;
  }

  /**
   * A checked address.
   *
   * @param uri http or https, with a host
   * @param port of the URI, or the default
   */
  record Target(URI uri, InetAddress address, int port) {
    boolean isEncrypted() {
      return uri.getScheme().equalsIgnoreCase("https");
    }
  }

  /**
   * Checks a URL.
   *
   * @throws TargetException if the URL may not be called
   */
  public void check(String url) {
    resolve(url);
  }

  /** Checks and resolves a URL. */
  Target resolve(String url) {
    URI uri = parse(url);
    int port =
        uri.getPort() >= 0 ? uri.getPort() : uri.getScheme().equalsIgnoreCase("https") ? 443 : 80;
    String host = uri.getHost().toLowerCase(Locale.ROOT);
    InetAddress[] addresses;
    try {
      addresses = resolver.resolve(host);
    } catch (UnknownHostException e) {
      throw new TargetException("unknown host '%s'".formatted(host));
    }
    if (!allowed.contains(host) && !allowed.contains(host + ":" + port)) {
      for (InetAddress address : addresses) {
        if (!PublicAddresses.isPublic(address)) {
          throw new TargetException(
              "%s: '%s' is a private or local address: allow it with --webhook-host %s"
                  .formatted(host, address.getHostAddress(), host));
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
      // refused below
    }
    throw new TargetException(
        "must be an http or https URL with a host, without user, password or fragment");
  }
}
