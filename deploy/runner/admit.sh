#!/usr/bin/env bash
# GitHub's runner calls this before the first step of a job (ACTIONS_RUNNER_HOOK_JOB_STARTED); a failure ends the job.
exec python3 -I -S "$(dirname "${BASH_SOURCE[0]}")/admit.py"
