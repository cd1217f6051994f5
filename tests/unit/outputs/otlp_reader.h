// Reads OTLP's request for logs by an independent protobuf reader and writes it as text:
//
//   resource service.name="checkout"
//     scope checkout.cart
//       record time=… severity=9 info
//         body "order placed"
//         order_id=1712
#pragma once

#include <string>

#include <protozero/pbf_reader.hpp>

namespace sawlog::outputs {

class OtlpReader {
 public:
  static std::string describe(const std::string& request) {
    OtlpReader reader;
    protozero::pbf_reader message(request);
    while (message.next(1)) reader.read_resource_logs(message.get_message());
    return reader.text_;
  }

 private:
  using Reader = protozero::pbf_reader;

  void read_resource_logs(Reader message) {
    while (message.next()) {
      if (message.tag() == 1) {
        text_ += "resource" + attributes(message.get_message(), 1, " ") + "\n";
      } else {
        read_scope_logs(message.get_message());
      }
    }
  }

  void read_scope_logs(Reader message) {
    while (message.next()) {
      if (message.tag() == 1) {
        Reader scope = message.get_message();
        text_ += "  scope" + (scope.next() ? " " + scope.get_string() : "") + "\n";
      } else {
        read_record(message.get_message());
      }
    }
  }

  void read_record(Reader message) {
    std::string head = "    record", rest;
    while (message.next()) {
      switch (message.tag()) {
        case 1:
          head += " time=" + std::to_string(message.get_fixed64());
          break;
        case 2:
          head += " severity=" + std::to_string(message.get_enum());
          break;
        case 3:
          head += " " + message.get_string();
          break;
        case 5:
          rest += "      body " + any(message.get_message()) + "\n";
          break;
        case 6:
          rest += "      " + attribute(message.get_message()) + "\n";
          break;
        case 8:
          head += " flags=" + std::to_string(message.get_fixed32());
          break;
        case 9:
          head += " trace=" + hex(message.get_bytes());
          break;
        case 10:
          head += " span=" + hex(message.get_bytes());
          break;
        case 11:
          head += " observed=" + std::to_string(message.get_fixed64());
          break;
        case 12:
          head += " event=" + message.get_string();
          break;
        default:
          head += " unknown field " + std::to_string(message.tag());
          message.skip();
      }
    }
    text_ += head + "\n" + rest;
  }

  static std::string attributes(Reader message, uint32_t tag, const std::string& before) {
    std::string text;
    while (message.next(tag)) text += before + attribute(message.get_message());
    return text;
  }

  static std::string attribute(Reader message) {
    std::string text;
    while (message.next()) {
      text += message.tag() == 1 ? message.get_string() : "=" + any(message.get_message());
    }
    return text;
  }

  static std::string any(Reader message) {
    if (!message.next()) return "null";
    switch (message.tag()) {
      case 1:
        return '"' + message.get_string() + '"';
      case 2:
        return message.get_bool() ? "true" : "false";
      case 3:
        return std::to_string(message.get_int64());
      case 4:
        return "double " + std::to_string(message.get_double());
      case 5:
        return "[" + items(message.get_message(), any) + "]";
      case 6:
        return "{" + items(message.get_message(), attribute) + "}";
      default:
        return "unknown value " + std::to_string(message.tag());
    }
  }

  static std::string items(Reader message, std::string (*read)(Reader)) {
    std::string text;
    while (message.next(1)) text += (text.empty() ? "" : ", ") + read(message.get_message());
    return text;
  }

  static std::string hex(const std::string& bytes) {
    static constexpr char kDigits[] = "0123456789abcdef";
    std::string text;
    for (const char byte : bytes) {
      text += kDigits[static_cast<uint8_t>(byte) >> 4];
      text += kDigits[static_cast<uint8_t>(byte) & 15];
    }
    return text;
  }

  std::string text_;
};

}  // namespace sawlog::outputs
