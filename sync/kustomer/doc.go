// Package kustomer reads what acsync needs from a Kustomer organisation: the conversations marked done in a
// window of time, or those of a customer, their customers, and the users, tags, teams and brands that they
// name. It writes nothing.
//
// Kustomer's answers are taken as they come: every attribute may be null, missing, masked or of another type
// than documented, and then counts as not set. What cannot be mistaken is the shape of an answer and the id
// of a record: a page without them is an error, never a shorter page.
//
// Facts about the API are documented at https://developer.kustomer.com unless a comment says that they were
// observed, inferred or are unknown.
package kustomer
