package trainer.cluster;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * Encrypts or decrypts the messages of one direction of a connection: AES-256-GCM, the number of a
 * message is its nonce. A message that was changed, left out, repeated or moved is an error.
 */
final class MessageCipher {
  /** Bytes by which a message grows. */
  static final int TAG_BYTES = 16;

  private static final int NONCE_BYTES = 12;

  private final int mode;
  private final SecretKeySpec key;
  private final Cipher cipher;
  private long messages;

  private MessageCipher(int mode, byte[] key) {
    this.mode = mode;
    this.key = new SecretKeySpec(key, "AES");
    try {
      cipher = Cipher.getInstance("AES/GCM/NoPadding");
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e); // every Java has it
    }
  }

  /**
   * The keys of a connection, for its two ends.
   *
   * @param send 256 bits, for one connection only; so is the other
   */
  record Keys(byte[] send, byte[] receive) {
    MessageCipher sending() {
      return new MessageCipher(Cipher.ENCRYPT_MODE, send);
    }

    MessageCipher receiving() {
      return new MessageCipher(Cipher.DECRYPT_MODE, receive);
    }

    /** Without the keys. */
    @Override
    public String toString() {
      return "Keys";
    }
  }

  /**
   * The next message.
   *
   * @param to has room for it
   * @return its length
   * @throws IOException if it is not the one that was sent
   */
  int next(byte[] from, int offset, int length, byte[] to) throws IOException {
    byte[] nonce = ByteBuffer.allocate(NONCE_BYTES).putLong(messages++).array();
    try {
      cipher.init(mode, key, new GCMParameterSpec(8 * TAG_BYTES, nonce));
      return cipher.doFinal(from, offset, length, to);
    } catch (GeneralSecurityException e) {
      throw new IOException("a message that was changed on its way", e);
    }
  }
}
