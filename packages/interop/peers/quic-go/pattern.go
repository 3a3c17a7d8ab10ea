package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
)

// The octets of the perf protocol: at offset o stands ((o mod 251) * 7 + 1) mod 256.
const (
	period = 251
	chunk  = 65_536
)

var pattern = func() []byte {
	table := make([]byte, chunk+period)
	for o := range table {
		table[o] = byte((o%period)*7 + 1)
	}
	return table
}()

func perfRequest(length int64) []byte {
	return binary.BigEndian.AppendUint64(nil, uint64(length))
}

func writePattern(to io.Writer, length int64) error {
	for offset := int64(0); offset < length; {
		start := offset % period
		part := pattern[start : start+min(chunk, length-offset)]
		if _, err := to.Write(part); err != nil {
			return err
		}
		offset += int64(len(part))
	}
	return nil
}

// readPattern reads to the end and checks each octet.
func readPattern(from io.Reader) (int64, error) {
	buffer := make([]byte, chunk)
	for offset := int64(0); ; {
		count, err := from.Read(buffer)
		start := int(offset % period)
		if !bytes.Equal(buffer[:count], pattern[start:start+count]) {
			return offset, fmt.Errorf("wrong octets behind %d", offset)
		}
		offset += int64(count)
		if err == io.EOF {
			return offset, nil
		}
		if err != nil {
			return offset, err
		}
	}
}
