// A Kafka broker in memory, for tests: prints its address, and ends with its standard input.
package main

import (
	"crypto/tls"
	"flag"
	"fmt"
	"io"
	"net"
	"os"

	"github.com/twmb/franz-go/pkg/kfake"
)

// Tells clients another port than it listens at, as behind a proxy.
type advertised struct {
	net.Listener
	port int
}

func (a advertised) Addr() net.Addr {
	return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: a.port}
}

func main() {
	port := flag.Int("port", 0, "where it listens")
	advertise := flag.Int("advertise", 0, "the port that clients are told; by default its own")
	password := flag.String("password", "", "of the user `user`; without one nobody logs in")
	certificate := flag.String("cert", "", "PEM file; with it, and -key, it speaks TLS")
	key := flag.String("key", "", "PEM file")
	flag.Parse()
	if *advertise == 0 {
		*advertise = *port
	}
	listen := func(network, _ string) (net.Listener, error) {
		listener, err := net.Listen(network, fmt.Sprintf("127.0.0.1:%d", *port))
		return advertised{listener, *advertise}, err
	}
	options := []kfake.Opt{
		kfake.Ports(*advertise),
		kfake.NumBrokers(1),
		kfake.AllowAutoTopicCreation(),
		kfake.ListenFn(listen),
	}
	if *password != "" {
		options = append(options, kfake.EnableSASL(), kfake.Superuser("PLAIN", "user", *password))
	}
	if *certificate != "" {
		pair, err := tls.LoadX509KeyPair(*certificate, *key)
		exitOn(err)
		options = append(options, kfake.TLS(&tls.Config{Certificates: []tls.Certificate{pair}}))
	}
	cluster, err := kfake.NewCluster(options...)
	exitOn(err)
	fmt.Println(cluster.ListenAddrs()[0])
	io.Copy(io.Discard, os.Stdin)
	cluster.Close()
}

func exitOn(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
