// verify SECONDS (ROOT ISSUING LEAF CRL CRL)...: a line for each: good, revoked, or what went wrong.
package main

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"strconv"
	"time"
)

func read(name string) []byte {
	data, err := os.ReadFile(name)
	if err != nil {
		panic(err)
	}
	if block, _ := pem.Decode(data); block != nil {
		return block.Bytes
	}
	return data
}

func certificate(name string) *x509.Certificate {
	parsed, err := x509.ParseCertificate(read(name))
	if err != nil {
		panic(err)
	}
	return parsed
}

func judge(now time.Time, files []string) string {
	root, issuing, leaf := certificate(files[0]), certificate(files[1]), certificate(files[2])
	roots, intermediates := x509.NewCertPool(), x509.NewCertPool()
	roots.AddCert(root)
	intermediates.AddCert(issuing)
	_, err := leaf.Verify(x509.VerifyOptions{
		Roots: roots, Intermediates: intermediates, CurrentTime: now,
		KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageCodeSigning},
	})
	if err != nil {
		return err.Error()
	}
	list, err := x509.ParseRevocationList(read(files[3]))
	if err == nil {
		err = list.CheckSignatureFrom(issuing)
	}
	if err != nil {
		return err.Error()
	}
	for _, entry := range list.RevokedCertificateEntries {
		if entry.SerialNumber.Cmp(leaf.SerialNumber) == 0 {
			return "revoked"
		}
	}
	return "good"
}

func main() {
	seconds, _ := strconv.ParseInt(os.Args[1], 10, 64)
	for i := 2; i+5 <= len(os.Args); i += 5 {
		fmt.Println(judge(time.Unix(seconds, 0), os.Args[i:i+5]))
	}
}
