// A Kafka broker in memory, for tests: prints its port, and ends with its standard input.
package main

import (
	"fmt"
	"io"
	"os"
	"strconv"

	"github.com/twmb/franz-go/pkg/kfake"
)

func main() {
	port, _ := strconv.Atoi(os.Args[1])
	options := []kfake.Opt{kfake.Ports(port), kfake.NumBrokers(1), kfake.AllowAutoTopicCreation()}
	if len(os.Args) > 2 {
		options = append(options, kfake.EnableSASL(), kfake.Superuser("PLAIN", "user", os.Args[2]))
	}
	cluster, err := kfake.NewCluster(options...)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(cluster.ListenAddrs()[0])
	io.Copy(io.Discard, os.Stdin)
	cluster.Close()
}
