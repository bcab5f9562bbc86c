// Package bench holds the benchmarks of whole passes and of the start of the program, in a form that
// benchstat compares:
//
//	go test ./sync/bench -run '^$' -bench . -count 6 > new.txt
//
// What counts are the ratios and counts that each prints beside its time. Parts have theirs in their own
// packages:
//
//	go test ./store/bolt -run '^$' -bench . -ledger.keys 5000000  # the ledger with so many
//	go test ./sync/report -run '^$' -bench .    # reports of 100,000 rows
//	go test ./sync -run '^$' -bench .           # calls to Kustomer over 100,000 conversations
//	go test ./sync/fetch -run '^$' -bench .     # what a million leave in memory
//	go test ./sync/httpx -run '^$' -bench .     # the pacer
//	go test ./store/postgres -run '^$' -bench . # the ledger in a database
//	go test ./sync/sandbox -run '^$' -bench .   # the stand-ins themselves
//
// There is nothing in this package but its tests.
package bench
