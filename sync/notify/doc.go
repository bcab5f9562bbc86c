// Package notify tells others how passes go: a health check that misses them, people in a channel when
// something has changed, and Prometheus by a file. Nothing of it touches a pass: what cannot be told is an
// error for the log. What is told has counts, states and times in it, and neither people nor a server's
// words.
package notify
