package app

import (
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"acsync/sync/manual"
)

// Words that help knows beside commands and topics.
const (
	onTopics  = "topics"  // lists them
	onFlags   = "flags"   // those of every command
	onCommand = "command" // what stands behind it is a command, also where a topic is called so
)

// topicNames are the words that help knows beside commands.
func topicNames() []string {
	names := []string{onTopics, onFlags}
	for _, topic := range manual.Topics() {
		names = append(names, topic.Name)
	}
	return names
}

// topicText is the Markdown of the topic that one word names, or of the list of all. A topic that is called
// like a command says how the help of that is shown.
func topicText(commands []*cli.Command, words []string) (string, bool) {
	if len(words) != 1 {
		return "", false
	}
	if words[0] == onTopics {
		return manual.Index(), true
	}
	topic, found := manual.Lookup(words[0])
	if found && slices.Contains(shownCommands(commands), topic.Name) {
		with := topic.Summary + "\n\nThe command and its flags: `acsync " + topic.Name + " --help`."
		return strings.Replace(topic.Text, topic.Summary, with, 1), true
	}
	return topic.Text, found
}
