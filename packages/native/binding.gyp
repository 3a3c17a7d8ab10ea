{
  "targets": [
    {
      "target_name": "mpquic_native",
      "sources": [
        "addon/addon.cc",
        "addon/arguments.cc",
        "addon/crypto-arguments.cc",
        "addon/hmac.cc",
        "addon/key-functions.cc",
        "addon/key-schedule-functions.cc",
        "addon/key-schedule.cc",
        "addon/key-share-functions.cc",
        "addon/open-functions.cc",
        "addon/openssl-key-share.cc",
        "addon/openssl-protection.cc",
        "addon/packet-protection.cc",
        "addon/seal-functions.cc",
        "addon/socket-address.cc",
        "addon/socket-functions.cc",
        "addon/tun-device.cc",
        "addon/tun-functions.cc",
        "addon/udp-receive.cc",
        "addon/udp-send.cc",
        "addon/udp-socket.cc",
        "addon/vaes-protection.cc",
        "addon/x25519-key-share.cc",
        "addon/x25519.cc"
      ],
      "cflags_cc": ["-std=c++17", "-O2", "-Wall", "-Wextra", "-Wconversion", "-Wno-sign-conversion"],
      "conditions": [
        ["mpquic_sanitize==1", {
          "cflags_cc": ["-fsanitize=address,undefined", "-fno-omit-frame-pointer", "-O1", "-g"],
          "ldflags": ["-fsanitize=address,undefined"]
        }]
      ]
    }
  ],
  "variables": { "mpquic_sanitize%": 0 }
}
