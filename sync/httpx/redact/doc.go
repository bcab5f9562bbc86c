// Package redact makes what a service says fit to be shown: short, on one line, and without keys, addresses,
// numbers and the names of people, however they are spelled and encoded.
package redact
