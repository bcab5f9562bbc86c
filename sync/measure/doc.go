// Package measure runs programs that ask for feedback against the stand-ins of both services, and tells what
// they cost and what came of it. The comparison, the soak and the benchmarks are made with it; nothing of it
// is part of acsync.
//
// A program runs in a process of its own, so that its processor time and memory are its own; the stand-ins
// stand in the measuring process, on loopback. What came of it is judged by what Agent Connect has received,
// against what the stand-ins know to be marked done, and never by what a program says of itself.
package measure
