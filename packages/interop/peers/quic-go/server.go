package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"

	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/http3"
)

func serve(given options) error {
	certificate, err := tls.LoadX509KeyPair(given.cert, given.key)
	if err != nil {
		return err
	}
	socket, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: given.port})
	if err != nil {
		return err
	}
	transport := &quic.Transport{
		Conn:                socket,
		VerifySourceAddress: func(net.Addr) bool { return given.retry },
	}
	security := &tls.Config{Certificates: []tls.Certificate{certificate}, NextProtos: []string{given.alpn}}
	listener, err := transport.ListenEarly(security, config(given))
	if err != nil {
		return err
	}
	tell("listening", nil)
	web := &http3.Server{Handler: http.HandlerFunc(answer), EnableDatagrams: true}
	for {
		connection, err := listener.Accept(context.Background())
		if err != nil {
			return err
		}
		go announce(connection)
		if given.alpn == "h3" {
			go web.ServeQUICConn(connection)
			continue
		}
		go echoDatagrams(connection)
		go serveStreams(connection, given.alpn)
	}
}

func config(given options) *quic.Config {
	chosen := &quic.Config{EnableDatagrams: true, Allow0RTT: given.early}
	for _, name := range strings.Split(given.versions, ",") {
		switch name {
		case "v1":
			chosen.Versions = append(chosen.Versions, quic.Version1)
		case "v2":
			chosen.Versions = append(chosen.Versions, quic.Version2)
		}
	}
	return chosen
}

// announce tells of the handshake once it is complete.
func announce(connection *quic.Conn) {
	<-connection.HandshakeComplete()
	state := connection.ConnectionState()
	tell("handshake", map[string]any{"resumed": state.TLS.DidResume, "early": state.Used0RTT})
}

func echoDatagrams(connection *quic.Conn) {
	for {
		datagram, err := connection.ReceiveDatagram(context.Background())
		if err != nil || connection.SendDatagram(datagram) != nil {
			return
		}
	}
}

func serveStreams(connection *quic.Conn, alpn string) {
	for {
		stream, err := connection.AcceptStream(context.Background())
		if err != nil {
			return
		}
		go func() {
			defer stream.Close()
			if alpn == "qpsk-echo" {
				_, _ = io.Copy(stream, stream)
				return
			}
			request, err := io.ReadAll(stream)
			if err == nil && len(request) == 8 {
				_ = writePattern(stream, int64(binary.BigEndian.Uint64(request)))
			}
		}()
	}
}

// answer serves GET /N with N octets, and extended CONNECT by an echo of its datagrams.
func answer(response http.ResponseWriter, request *http.Request) {
	if request.Method == http.MethodConnect {
		response.WriteHeader(http.StatusOK)
		stream, err := response.(http3.HTTPStreamer).HTTPStream()
		if err != nil {
			return
		}
		for {
			datagram, err := stream.ReceiveDatagram(request.Context())
			if err != nil || stream.SendDatagram(datagram) != nil {
				return
			}
		}
	}
	length, err := strconv.ParseInt(request.URL.Path[1:], 10, 64)
	if err != nil {
		http.NotFound(response, request)
		return
	}
	response.Header().Set("Content-Length", strconv.FormatInt(length, 10))
	part := bytes.Repeat([]byte("a"), chunk)
	for left := length; left > 0; left -= chunk {
		if _, err := response.Write(part[:min(left, chunk)]); err != nil {
			return
		}
	}
}
