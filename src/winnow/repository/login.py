"""How Git logs in where a workflow runs: by the job's own token, which no checkout keeps."""

import base64
import os
from collections.abc import Mapping


def login_variables(variables: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return what Git needs in its environment to send the token to the workflow's server, and to no other one.

    Empty outside of a workflow and without GITHUB_TOKEN: then Git logs in as it always does.
    """
    token, server = variables.get("GITHUB_TOKEN", ""), variables.get("GITHUB_SERVER_URL", "")
    if variables.get("GITHUB_ACTIONS") != "true" or not token or not server.startswith("https://"):
        return {}
    number = int(variables.get("GIT_CONFIG_COUNT") or 0)
    basic = base64.b64encode(f"x-access-token:{token}".encode()).decode()
    # In the environment, not among the arguments, which any process may list.
    return {
        "GIT_CONFIG_COUNT": str(number + 1),
        f"GIT_CONFIG_KEY_{number}": f"http.{server}/.extraheader",
        f"GIT_CONFIG_VALUE_{number}": f"AUTHORIZATION: basic {basic}",
    }
