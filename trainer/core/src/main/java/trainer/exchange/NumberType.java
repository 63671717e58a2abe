package trainer.exchange;

import java.nio.ByteBuffer;
import java.util.Optional;

/** How a number is stored, little-endian. The names are those of safetensors. */
enum NumberType {
  F64(Double.BYTES) {
    @Override
    double next(ByteBuffer bytes) {
      return bytes.getDouble();
    }
  },
  F32(Float.BYTES) {
    @Override
    double next(ByteBuffer bytes) {
      return bytes.getFloat();
    }
  },
  F16(Short.BYTES) {
    @Override
    double next(ByteBuffer bytes) {
      return half(bytes.getShort());
    }
  },
  BF16(Short.BYTES) {
    @Override
    double next(ByteBuffer bytes) {
      return Float.intBitsToFloat(bytes.getShort() << 16);
    }
  };

  private final int bytes;

  NumberType(int bytes) {
    this.bytes = bytes;
  }

  /** The type of a name such as {@code F32}; empty if its numbers are no weights. */
  static Optional<NumberType> named(String name) {
    for (NumberType type : values()) {
      if (type.name().equals(name)) {
        return Optional.of(type);
      }
    }
    return Optional.empty();
  }

  /** The type of a storage of PyTorch, such as {@code FloatStorage}. */
  static Optional<NumberType> ofStorage(String name) {
    return switch (name) {
      case "DoubleStorage" -> Optional.of(F64);
      case "FloatStorage" -> Optional.of(F32);
      case "HalfStorage" -> Optional.of(F16);
      case "BFloat16Storage" -> Optional.of(BF16);
      default -> Optional.empty();
    };
  }

  /** Bytes of a number. */
  int bytes() {
    return bytes;
  }

  abstract double next(ByteBuffer bytes);

  /** IEEE 754 binary16: a sign, five bits of exponent, ten of fraction. */
  private static double half(short bits) {
    int exponent = (bits >> 10) & 0x1f;
    int fraction = bits & 0x3ff;
    double magnitude =
        switch (exponent) {
          case 0 -> Math.scalb((double) fraction, -24);
          case 0x1f -> fraction == 0 ? Double.POSITIVE_INFINITY : Double.NaN;
          default -> Math.scalb(1024.0 + fraction, exponent - 25);
        };
    return bits < 0 ? -magnitude : magnitude;
  }
}
