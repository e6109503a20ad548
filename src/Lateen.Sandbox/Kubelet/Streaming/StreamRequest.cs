using Microsoft.AspNetCore.Http;

namespace Lateen.Sandbox.Kubelet.Streaming;

/// <summary>What the query of an exec or attach request asks for.</summary>
internal static class StreamRequest
{
    /// <summary>Reads both the kubelet's parameter names and the API's (<c>input</c> and <c>stdin</c>, and so on).</summary>
    public static ExecRequest Read(IQueryCollection query)
    {
        bool Asked(string kubelet, string api) => Truth(query[kubelet]) || Truth(query[api]);
        var terminal = Asked("tty", "tty");
        return new ExecRequest(
            [.. query["command"].Select(c => c ?? "")],
            Asked("input", "stdin"),
            Asked("output", "stdout"),
            // A terminal has one output only.
            Asked("error", "stderr") && !terminal,
            terminal);
    }

    private static bool Truth(string? value) => value is "1" or "true";
}
