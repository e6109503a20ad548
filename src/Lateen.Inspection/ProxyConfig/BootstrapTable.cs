using System.Text;
using System.Text.Json.Nodes;

namespace Lateen.Inspection.ProxyConfig;

/// <summary><c>proxy-config bootstrap</c>: which versions run, or the whole bootstrap.</summary>
public static class BootstrapTable
{
    private const int LabelWidth = 21;

    /// <summary>The versions, one a line; a version that the proxy does not tell has no line.</summary>
    public static string Render(ConfigDump dump)
    {
        ArgumentNullException.ThrowIfNull(dump);
        JsonObject node = dump.Node();
        JsonObject metadata = node.Object("metadata") ?? [];
        StringBuilder text = new();
        Line(text, "Istio Version:", metadata.Text("ISTIO_VERSION"));

        // `istio-proxy:COMMIT`.
        Line(text, "Istio Proxy Version:", metadata.Text("ISTIO_PROXY_SHA").Split(':', 2)[^1]);
        Line(text, "Envoy Version:", Envoy(node.Object("userAgentBuildVersion")));
        return text.ToString();
    }

    /// <summary>The section as protobuf JSON.</summary>
    public static string RenderJson(ConfigDump dump)
    {
        ArgumentNullException.ThrowIfNull(dump);
        return dump.Print("BootstrapConfigDump");
    }

    private static void Line(StringBuilder text, string label, string value)
    {
        if (value.Length > 0)
        {
            text.Append(label.PadRight(LabelWidth)).Append(value).Append('\n');
        }
    }

    // `1.18.3[-LABEL]/Clean/RELEASE/BoringSSL`.
    private static string Envoy(JsonObject? build)
    {
        if (build?.Object("version") is not { } version)
        {
            return "";
        }

        JsonObject metadata = build.Object("metadata") ?? [];
        string label = metadata.Text("build.label") is { Length: > 0 } given ? $"-{given}" : "";
        return $"{version.Number("majorNumber")}.{version.Number("minorNumber")}.{version.Number("patch")}{label}"
            + $"/{metadata.Text("revision.status")}/{metadata.Text("build.type")}/{metadata.Text("ssl.version")}";
    }
}
