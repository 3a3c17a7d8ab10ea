#!/bin/sh
# Makes the certificates of certificates.json with OpenSSL 3: usage: sh certificates.sh > certificates.json
# The keys protect nothing; they are for tests only.
set -e
folder=$(mktemp -d); cd "$folder"
DAYS=7300
key() { case $2 in
  p256) openssl ecparam -name prime256v1 -genkey -noout | openssl pkcs8 -topk8 -nocrypt -out "$1.key";;
  p384) openssl ecparam -name secp384r1 -genkey -noout | openssl pkcs8 -topk8 -nocrypt -out "$1.key";;
  p521) openssl ecparam -name secp521r1 -genkey -noout | openssl pkcs8 -topk8 -nocrypt -out "$1.key";;
  ed25519) openssl genpkey -algorithm ed25519 -out "$1.key";;
  rsa*) openssl genrsa "${2#rsa}" 2>/dev/null | openssl pkcs8 -topk8 -nocrypt -out "$1.key";;
esac; }
# issue NAME KEY-KIND ISSUER EXTENSIONS [DIGEST]
issue() {
  key "$1" "$2"
  printf "$4" > ext
  openssl req -new -key "$1.key" -subj "/CN=$1.example" -out csr
  openssl x509 -req -in csr -CA "$3.pem" -CAkey "$3.key" -CAcreateserial -days "${6:-$DAYS}" "-${5:-sha256}" -extfile ext -out "$1.pem" 2>/dev/null
}
CA='basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n'
LEAF='subjectAltName=DNS:upf.example,DNS:*.wild.example,IP:192.0.2.1,IP:::1\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth\n'
key root p256
openssl req -x509 -new -key root.key -sha256 -days $DAYS -subj '/CN=test root' -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign -out root.pem
issue intermediate p384 root 'basicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=critical,keyCertSign\n' sha384
issue second rsa2048 intermediate "$CA"
issue constrained p256 root "${CA}nameConstraints=critical,permitted;DNS:upf.example\n"
for kind in p256 p384 ed25519 rsa2048; do issue "leaf-$kind" $kind intermediate "$LEAF"; done
issue leaf-p521 p521 intermediate "$LEAF"
issue leaf-rsa1024 rsa1024 intermediate "$LEAF"
issue leaf-client p256 intermediate 'subjectAltName=DNS:upf.example\nextendedKeyUsage=clientAuth\n'
issue leaf-no-name p256 intermediate 'keyUsage=critical,digitalSignature\n'
issue leaf-critical p256 intermediate "${LEAF}1.2.3.4=critical,ASN1:UTF8String:unknown\n"
issue leaf-sha1 p256 intermediate "$LEAF" sha1
issue leaf-day p256 intermediate "$LEAF" sha256 1
issue leaf-too-deep p256 second "$LEAF"
issue leaf-constrained p256 constrained "$LEAF"
issue leaf-below-leaf p256 leaf-p256 "$LEAF"
key self p256
openssl req -x509 -new -key self.key -sha256 -days $DAYS -subj '/CN=self' -addext subjectAltName=DNS:upf.example -out self.pem
printf '{\n'
separator=''
for file in *.pem; do
  name=${file%.pem}
  printf '%s "%s": { "certificate": "%s", "key": "%s" }' "$separator" "$name" \
    "$(awk '{printf "%s\\n", $0}' "$file")" "$(awk '{printf "%s\\n", $0}' "$name.key")"
  separator=',
'
done
printf '\n}\n'
cd /; rm -r "$folder"
