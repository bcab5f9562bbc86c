# Completion of acsync for bash. For ~/.bashrc: source <(acsync completion bash)
_acsync() {
    local IFS=$'\n' current="${COMP_WORDS[COMP_CWORD]}"
    # An equals sign is a word of its own here, and its value begins behind it.
    [[ $current == "=" ]] && current=""
    COMPREPLY=($("${COMP_WORDS[0]}" __complete "${COMP_WORDS[@]:1:COMP_CWORD-1}" "$current" 2>/dev/null | cut -f1))
    COMPREPLY=("${COMPREPLY[@]// /\\ }")
}
complete -o bashdefault -o default -F _acsync acsync
