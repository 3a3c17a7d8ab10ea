package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"time"

	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/http3"
)

// The :protocol of extended CONNECT whose datagrams come back.
const datagramEcho = "datagram-echo"

func request(given options) error {
	anchor, err := os.ReadFile(given.ca)
	if err != nil {
		return err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(anchor)
	security := &tls.Config{
		RootCAs:            roots,
		ServerName:         "localhost",
		NextProtos:         []string{given.alpn},
		ClientSessionCache: tls.NewLRUClientSessionCache(4),
	}
	octets, datagrams := int64(0), 0
	for range given.connections {
		if octets, datagrams, err = connectOnce(given, security); err != nil {
			return err
		}
	}
	tell("done", map[string]any{"ok": octets == given.bytes, "bytes": octets, "datagrams": datagrams})
	return nil
}

func newTransport() (*quic.Transport, error) {
	socket, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return nil, err
	}
	return &quic.Transport{Conn: socket}, nil
}

func connectOnce(given options, security *tls.Config) (int64, int, error) {
	transport, err := newTransport()
	if err != nil {
		return 0, 0, err
	}
	defer transport.Close()
	server := &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: given.port}
	dial := transport.Dial
	if given.early {
		dial = transport.DialEarly
	}
	connection, err := dial(context.Background(), server, security, config(given))
	if err != nil {
		return 0, 0, err
	}
	go announce(connection)
	if given.migrate {
		go move(connection)
	}
	octets, datagrams, err := download(connection, given)
	if errors.Is(err, quic.Err0RTTRejected) {
		// It takes back what was sent, and leaves it to the application to ask again.
		if connection, err = connection.NextConnection(context.Background()); err != nil {
			return 0, 0, err
		}
		octets, datagrams, err = download(connection, given)
	}
	// The ticket may come behind the answer.
	time.Sleep(20 * time.Millisecond)
	_ = connection.CloseWithError(0, "done")
	return octets, datagrams, err
}

func move(connection *quic.Conn) {
	transport, err := newTransport()
	if err != nil {
		fail(err)
	}
	path, err := connection.AddPath(transport)
	if err == nil {
		err = path.Probe(connection.Context())
	}
	if err == nil {
		err = path.Switch()
	}
	if err != nil {
		fail(fmt.Errorf("migration: %w", err))
	}
	tell("migrated", nil)
}

func download(connection *quic.Conn, given options) (int64, int, error) {
	if given.alpn == "h3" {
		return downloadByHTTP(connection, given)
	}
	datagrams, err := exchange(connection, given.datagrams)
	if err != nil {
		return 0, datagrams, err
	}
	stream, err := connection.OpenStreamSync(context.Background())
	if err != nil {
		return 0, datagrams, err
	}
	if _, err = stream.Write(perfRequest(given.bytes)); err != nil {
		return 0, datagrams, err
	}
	if err = stream.Close(); err != nil {
		return 0, datagrams, err
	}
	if given.alpn == "perf" {
		octets, err := readPattern(stream)
		return octets, datagrams, err
	}
	// An echo of the request.
	echoed, err := io.ReadAll(stream)
	if err == nil && len(echoed) == 8 {
		return given.bytes, datagrams, nil
	}
	return int64(len(echoed)), datagrams, err
}

// datagrammer is a connection, or a request stream with HTTP datagrams.
type datagrammer interface {
	SendDatagram([]byte) error
	ReceiveDatagram(context.Context) ([]byte, error)
}

// exchange sends datagrams and waits until all came back.
func exchange(on datagrammer, count int) (int, error) {
	for i := range count {
		payload := make([]byte, 500)
		payload[0] = byte(i)
		if err := on.SendDatagram(payload); err != nil {
			return 0, err
		}
	}
	deadline, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	for got := range count {
		datagram, err := on.ReceiveDatagram(deadline)
		if err != nil || len(datagram) != 500 {
			return got, err
		}
	}
	return count, nil
}

func downloadByHTTP(connection *quic.Conn, given options) (int64, int, error) {
	web := (&http3.Transport{EnableDatagrams: true}).NewClientConn(connection)
	authority := fmt.Sprintf("localhost:%d", given.port)
	datagrams, err := tunnel(web, authority, given.datagrams)
	if err != nil {
		return 0, datagrams, err
	}
	where := &url.URL{Scheme: "https", Host: authority, Path: fmt.Sprintf("/%d", given.bytes)}
	response, err := web.RoundTrip(&http.Request{Method: http.MethodGet, URL: where, Host: authority})
	if err != nil {
		return 0, datagrams, err
	}
	defer response.Body.Close()
	octets, err := io.Copy(io.Discard, response.Body)
	return octets, datagrams, err
}

func tunnel(web *http3.ClientConn, authority string, count int) (int, error) {
	if count == 0 {
		return 0, nil
	}
	<-web.ReceivedSettings()
	stream, err := web.OpenRequestStream(context.Background())
	if err != nil {
		return 0, err
	}
	where := &url.URL{Scheme: "https", Host: authority, Path: "/"}
	head := &http.Request{Method: http.MethodConnect, Proto: datagramEcho, URL: where, Host: authority, Header: http.Header{}}
	if err = stream.SendRequestHeader(head); err != nil {
		return 0, err
	}
	if _, err = stream.ReadResponse(); err != nil {
		return 0, err
	}
	return exchange(stream, count)
}
