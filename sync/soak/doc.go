// Package soak holds two long programmes, and a short slice of each for every day.
//
// TestMillion sends many conversations through the built program, a process of its own, and holds its memory,
// its ledger and the cost of each conversation against bounds:
//
//	go test ./sync/soak -run TestMillion -soak=1000000 -timeout=0 -v
//
// TestCron lives through weeks of cron with outages and kills, in the virtual time of a testing/synctest
// bubble:
//
//	go test ./sync/soak -run TestCron -soak.days=24 -timeout=0 -v
//
// Both are judged by what Agent Connect has received. There is nothing in this package but its tests.
package soak
