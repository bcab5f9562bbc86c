// Command acsync asks for feedback exactly once per conversation: it finds the Kustomer conversations that
// were marked done, decides for each whether to ask, and creates the survey requests in Medallia Agent
// Connect.
package main

import (
	_ "embed"
	"os"

	"acsync/sync/app"
)

//go:embed config.example.toml
var example []byte

func main() {
	os.Exit(app.App{Example: example}.Main())
}
