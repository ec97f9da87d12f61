// Prints frames as Prometheus makes them (klauspost/compress EncodeAll): one JSON line for each file.
package main

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/klauspost/compress/zstd"
)

func main() {
	for _, path := range os.Args[1:] {
		data, _ := os.ReadFile(path)
		for _, level := range []zstd.EncoderLevel{zstd.SpeedFastest, zstd.SpeedDefault, zstd.SpeedBestCompression} {
			w, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(level))
			if err != nil {
				panic(err)
			}
			frame := w.EncodeAll(data, nil)
			sum := sha256.Sum256(data)
			line, _ := json.Marshal(map[string]any{
				"name":  fmt.Sprintf("%s, klauspost %v", filepath.Base(path), level),
				"frame": base64.StdEncoding.EncodeToString(frame), "bytes": len(data), "sha256": hex.EncodeToString(sum[:]),
			})
			fmt.Println(string(line))
		}
	}
}
