package sandbox

import (
	"strings"
)

// documented are the standard search attributes of the reference, by type. There are no others: the schema has
// additionalProperties set to false. Those without a value in the sandbox's data are null in every record.
var documented = func() map[string]valueType {
	all := map[string]valueType{}
	for of, names := range map[valueType]string{
		typeTime:   timeAttributes,
		typeNumber: numberAttributes,
		typeBool:   "conversation_ended conversation_imported conversation_sla_breached customer_imported",
		typeText:   textAttributes,
		typeAny:    anyAttributes,
	} {
		for name := range strings.FieldsSeq(names) {
			all[name] = of
		}
	}
	return all
}()

const timeAttributes = `
conversation_created_at conversation_ended_at conversation_first_message_in_sent_at conversation_first_message_out_sent_at
conversation_first_response_sent_at conversation_imported_at conversation_last_done_created_at conversation_last_message_at
conversation_last_message_out_sent_at conversation_last_message_sent_at conversation_last_message_unresponded_to_sent_at
conversation_modified_at conversation_satisfaction_created_at conversation_sla_breach_at conversation_sla_satisfied_at
conversation_updated_at
customer_activity_at customer_created_at customer_imported_at customer_last_message_at customer_last_message_out_sent_at
customer_last_message_sent_at customer_last_message_unresponded_to_sent_at customer_last_seen_at customer_modified_at
customer_signed_up_at customer_updated_at`

const numberAttributes = `
conversation_first_response_time conversation_message_count conversation_note_count conversation_outbound_message_count
conversation_priority conversation_satisfaction_rating conversation_satisfaction_score
customer_conversations_count customer_satisfaction_avg_rating customer_satisfaction_avg_score`

const textAttributes = `
conversation_any_text conversation_assigned_teams conversation_campaign_id conversation_channels conversation_customer_id
conversation_default_lang conversation_direction conversation_ended_reason conversation_external_queue
conversation_first_message_in_channel conversation_first_message_in_direction_type conversation_first_message_out_channel
conversation_first_message_out_direction_type conversation_last_done_created_by_teams conversation_last_message_direction
conversation_name conversation_queue conversation_reply_channel conversation_satisfaction
conversation_satisfaction_sent_by_teams conversation_satisfaction_status conversation_satisfaction_survey_id
conversation_sentiment conversation_sla_breach_metric conversation_sla_id conversation_sla_status
conversation_sla_version_id conversation_status conversation_sub_status conversation_tags
customer_address customer_any_text customer_default_lang customer_email customer_externalId customer_gender customer_locale
customer_name customer_phone customer_presence customer_progressive_status customer_sentiment customer_shared_email
customer_shared_externalId customer_shared_phone customer_shared_social_type customer_shared_social_userid
customer_shared_social_username customer_social_type customer_social_userid customer_social_username customer_status
customer_tags customer_urls`

const anyAttributes = `
conversation_assigned_users conversation_first_done_created_by conversation_first_response_created_by
conversation_last_done_created_by conversation_last_response_created_by conversation_modified_by
conversation_satisfaction_sent_by customer_active_users customer_created_by customer_modified_by customer_watchers`

// customSuffixes end the name of every custom attribute, by type.
var customSuffixes = map[string]valueType{
	"Str": typeText, "Txt": typeText, "Tree": typeText, "Url": typeText, "Id": typeText, "Num": typeNumber, "Bool": typeBool, "At": typeTime,
}

// attributeType is what an attribute holds; known is false for a name that is not documented.
func attributeType(name string) (of valueType, known bool) {
	if of, known = documented[name]; known {
		return of, true
	}
	custom, ok := strings.CutPrefix(name, "conversation_custom_")
	if !ok {
		custom, ok = strings.CutPrefix(name, "customer_custom_")
	}
	for suffix, of := range customSuffixes {
		if ok && len(custom) > len(suffix) && strings.HasSuffix(custom, suffix) {
			return of, true
		}
	}
	return 0, false
}
