// Package httpx is how acsync speaks HTTP to the services it connects: one attempt at a time, at a held pace,
// with bounded answers, without following redirects, and with errors that say what to do and hold nothing
// private.
//
// A Service makes one attempt (Do). A Pacer holds the rate of one limited resource; Wait admits a call to
// several at once. Fetch repeats a call that may be repeated. Sending is never repeated here: whether a
// survey request may be posted again is not a question of HTTP.
package httpx
