#!/usr/bin/env bash
# Makes FOLDER/client and FOLDER/server, each with cert.pem, key.pem, both.pem and ca.pem: P-256, workload names of SPIFFE.
set -euo pipefail
folder=$1
mkdir -p "$folder"
key() { openssl ecparam -name prime256v1 -genkey -noout -out "$1"; }
key "$folder/ca.key"
openssl req -x509 -new -key "$folder/ca.key" -subj /O=bench -days 2 -out "$folder/ca.pem"
for side in client server; do
  mkdir "$folder/$side"
  cp "$folder/ca.pem" "$folder/$side/"
  key "$folder/$side/key.pem"
  openssl req -new -key "$folder/$side/key.pem" -subj /O=bench -out "$folder/request"
  printf 'subjectAltName=URI:spiffe://cluster.local/ns/default/sa/%s\n' "$side" >"$folder/names"
  openssl x509 -req -in "$folder/request" -CA "$folder/ca.pem" -CAkey "$folder/ca.key" -CAcreateserial -days 1 -extfile "$folder/names" -out "$folder/$side/cert.pem"
  cat "$folder/$side/cert.pem" "$folder/$side/key.pem" >"$folder/$side/both.pem"
done
