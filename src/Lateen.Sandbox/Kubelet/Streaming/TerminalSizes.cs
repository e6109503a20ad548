using System.Text.Json;
using System.Text.Json.Nodes;

namespace Lateen.Sandbox.Kubelet.Streaming;

/// <summary>Reads a terminal size as kubectl sends it.</summary>
internal static class TerminalSizes
{
    public static TerminalSize? Parse(string json)
    {
        try
        {
            return JsonNode.Parse(json) is JsonObject size && (int?)size["Width"] is { } width && (int?)size["Height"] is { } height
                ? new TerminalSize(width, height)
                : null;
        }
        catch (Exception problem) when (problem is JsonException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }
}
