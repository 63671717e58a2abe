package trainer.service.webhook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class TargetsTest {
  private static final String PUBLIC = "93.184.215.14";

  private static InetAddress[] addresses(String... literals) throws UnknownHostException {
    InetAddress[] addresses = new InetAddress[literals.length];
    for (int i = 0; i < literals.length; i++) {
      addresses[i] = InetAddress.getByName(literals[i]);
    }
    return addresses;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "127.0.0.1",
        "127.1.2.3",
        "0.0.0.0",
        "0.1.2.3",
        "10.0.0.1",
        "100.64.0.1",
        "100.127.255.255",
        "168.63.129.16", // Azure, on every machine
        "169.254.169.254",
        "169.254.170.2",
        "100.100.100.200", // Alibaba
        "192.0.0.192", // Oracle
        "fd00:ec2::254", // AWS
        "fd20:ce::254", // Google
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.8",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.1.1",
        "198.18.0.1",
        "198.19.255.255",
        "198.51.100.1",
        "203.0.113.9",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "fe80::1",
        "fc00::1",
        "fd12:3456::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::127.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b:1::1",
        "100::1",
        "2001::1",
        "2001:db8::1",
        "2002:7f00:1::1",
        "2002:a00:1::1",
        "3fff::1",
        "4000::1"
      })
  void addressesThatAreNotPublicAreRefused(String address) throws UnknownHostException {
    assertThat(PublicAddresses.isPublic(InetAddress.getByName(address))).isFalse();
    Targets targets = new Targets(Set.of(), host -> addresses(PUBLIC, address));
    assertThatThrownBy(() -> targets.check("https://hooks.example.com/hook/secret?token=secret"))
        .as("one of several addresses is enough")
        .isInstanceOf(TargetException.class)
        .hasMessageNotContaining("secret")
        .hasMessageContaining("--webhook-host hooks.example.com");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        PUBLIC,
        "1.1.1.1",
        "9.255.255.255",
        "11.0.0.1",
        "100.63.255.255",
        "100.128.0.1",
        "172.15.0.1",
        "172.32.0.1",
        "192.0.1.1",
        "198.17.0.1",
        "198.20.0.1",
        "223.255.255.255",
        "2606:4700::1111",
        "2001:4860::8888",
        "2002:5db8:d70e::1"
      })
  void addressesOfTheInternetAreTaken(String address) throws UnknownHostException {
    assertThat(PublicAddresses.isPublic(InetAddress.getByName(address))).isTrue();
    Targets targets = new Targets(Set.of(), host -> addresses(address));
    assertThat(targets.resolve("https://hooks.example.com/x?y=1").port()).isEqualTo(443);
    assertThat(targets.resolve("http://hooks.example.com/").port()).isEqualTo(80);
    assertThat(targets.resolve("http://hooks.example.com:8443/").port()).isEqualTo(8443);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "file:///etc/passwd",
        "ftp://hooks.example.com/",
        "jar:http://hooks.example.com/!/x",
        "gopher://hooks.example.com/",
        "hooks.example.com",
        "//hooks.example.com/",
        "http:///path",
        "http://user:secret@hooks.example.com/",
        "http://hooks.example.com/#x",
        "http://hooks.example.com:0/",
        "http://hooks.example.com:99999/",
        "http://hooks.example.com/\r\nX: y",
        "http://hooks.example.com/ x",
        "http://h\u00f6oks.example.com/",
        "http://hooks.example.com/\u0130",
        ""
      })
  void whatIsNoAddressForAMessageIsRefused(String url) {
    Targets targets = new Targets(Set.of(), host -> addresses(PUBLIC));
    assertThatThrownBy(() -> targets.check(url))
        .isInstanceOf(TargetException.class)
        .hasMessageContaining("must be an http or https URL")
        .hasMessageNotContaining("secret");
  }

  /** Other ways to write 127.0.0.1 that resolvers understand. */
  @ParameterizedTest
  @ValueSource(
      strings = {"http://127.1/", "http://2130706433/", "http://localhost/", "http://[::1]/"})
  void thisMachineIsRefusedHoweverItIsWritten(String url) {
    assertThatThrownBy(() -> new Targets(Set.of()).check(url)).isInstanceOf(TargetException.class);
  }

  @Test
  void hostsThatAreAllowedMayBePrivate() {
    Targets targets =
        new Targets(Set.of("Hooks.internal", "other:8080"), host -> addresses("10.0.0.1"));
    targets.check("http://hooks.INTERNAL:99/");
    targets.check("http://other:8080/");
    assertThatThrownBy(() -> targets.check("http://other:8081/"))
        .isInstanceOf(TargetException.class);
    assertThatThrownBy(() -> targets.check("http://hooks.internal.example.com/"))
        .isInstanceOf(TargetException.class);
  }

  @Test
  void anUnknownHostIsSaid() {
    Targets targets =
        new Targets(
            Set.of(),
            host -> {
              throw new UnknownHostException(host);
            });
    assertThatThrownBy(() -> targets.check("http://nowhere.example.com/secret"))
        .isInstanceOf(TargetException.class)
        .hasMessageNotContaining("secret")
        .hasMessageContaining("unknown host 'nowhere.example.com'");
  }
}
