// A QUIC peer on quic-go, which `mpq interop` drives: see src/quic/quic-peer.ts for its arguments and events.
// quic-go updates keys by itself after the first hundred packets, so --key-update asks for nothing more.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
)

type options struct {
	role        string
	port        int
	cert        string
	key         string
	ca          string
	alpn        string
	bytes       int64
	connections int
	datagrams   int
	retry       bool
	keyUpdate   bool
	migrate     bool
	early       bool
	versions    string
}

func main() {
	if len(os.Args) < 2 {
		fail(fmt.Errorf("the first argument is server or client"))
	}
	given := options{role: os.Args[1]}
	flags := flag.NewFlagSet("quic-go-peer", flag.ExitOnError)
	flags.IntVar(&given.port, "port", 0, "UDP port on 127.0.0.1")
	flags.StringVar(&given.cert, "cert", "", "certificate chain, PEM")
	flags.StringVar(&given.key, "key", "", "private key, PEM")
	flags.StringVar(&given.ca, "ca", "", "trust anchor, PEM")
	flags.StringVar(&given.alpn, "alpn", "perf", "perf, qpsk-echo or h3")
	flags.Int64Var(&given.bytes, "bytes", 0, "octets to request")
	flags.IntVar(&given.connections, "connections", 1, "connections, one after the other")
	flags.IntVar(&given.datagrams, "datagrams", 0, "datagrams to send and get back")
	flags.BoolVar(&given.retry, "retry", false, "validate addresses by Retry")
	flags.BoolVar(&given.keyUpdate, "key-update", false, "nothing: keys are updated anyway")
	flags.BoolVar(&given.migrate, "migrate", false, "move to another port")
	flags.BoolVar(&given.early, "early", false, "0-RTT from the second connection on")
	flags.StringVar(&given.versions, "versions", "", "versions of QUIC, the preferred one first: v1,v2")
	if err := flags.Parse(os.Args[2:]); err != nil {
		fail(err)
	}
	run := request
	if given.role == "server" {
		run = serve
	}
	if err := run(given); err != nil {
		fail(err)
	}
}

// tell prints an event as a line of JSON.
func tell(event string, fields map[string]any) {
	line := map[string]any{"event": event}
	for name, value := range fields {
		line[name] = value
	}
	text, _ := json.Marshal(line)
	fmt.Println(string(text))
}

func fail(err error) {
	tell("error", map[string]any{"reason": err.Error()})
	os.Exit(1)
}
