// Makes reference data for the newer byte formats of Prometheus with Prometheus's own packages: a
// block whose chunks have the encodings 1 to 6, and a write-ahead log of zstd records of the types
// 11 to 13 with a checkpoint that begins with a record of type 14; and beside each a dump of what
// Prometheus's own readers find in it.
//
//	go mod init gen && go get github.com/prometheus/prometheus@v0.316.0 && go run . OUT
package main

import (
	"fmt"
	"os"
	"path/filepath"
)

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func main() {
	out := os.Args[1]
	check(os.MkdirAll(out, 0o777))
	block := filepath.Join(out, "awkward", "01M9ZZZZZZAWKWARDB00000000")
	writeBlock(block)
	dumpBlock(block, filepath.Join(out, "awkward.ndjson"))
	writeLive(filepath.Join(out, "live"))
	dumpLive(filepath.Join(out, "live"), out)
}
