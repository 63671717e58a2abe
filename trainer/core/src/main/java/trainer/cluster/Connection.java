package trainer.cluster;

import java.net.Socket;
import trainer.cluster.MessageCipher.Keys;

/**
 * A connection whose ends have proved to each other that they know the secret.
 *
 * @param keys of its encryption; null: messages are sent as they are
 */
record Connection(Socket socket, Keys keys) {}
