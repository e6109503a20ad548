using System.Text.Json.Nodes;

namespace Lateen.Sandbox.Api.Discovery;

/// <summary>The Kubernetes version whose API the endpoint follows.</summary>
internal static class ServerVersion
{
    public const string GitVersion = "v1.28.3+lateen";

    public static JsonObject Page() => new()
    {
        ["major"] = "1",
        ["minor"] = "28",
        ["gitVersion"] = GitVersion,
        ["gitCommit"] = "",
        ["gitTreeState"] = "clean",
        ["buildDate"] = "",
        ["goVersion"] = "",
        ["compiler"] = "dotnet",
        ["platform"] = "linux/amd64",
    };
}
