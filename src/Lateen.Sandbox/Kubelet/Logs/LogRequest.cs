using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace Lateen.Sandbox.Kubelet.Logs;

/// <summary>Which part of a container's log is wanted (core/v1 PodLogOptions).</summary>
/// <param name="Since">Entries before this moment are left out.</param>
/// <param name="TailLines">Only the last lines; null for all.</param>
/// <param name="LimitBytes">The end of the answer at the latest; null for none.</param>
internal sealed record LogRequest(bool Follow, bool Timestamps, bool Previous, DateTimeOffset? Since, long? TailLines, long? LimitBytes)
{
    /// <summary>Reads the query; an unreadable number counts as absent.</summary>
    public static LogRequest Read(IQueryCollection query, DateTimeOffset now)
    {
        static bool Flag(string? text) => text is "true" or "1";
        static long? Number(string? text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
        DateTimeOffset? since = Number(query["sinceSeconds"]) is { } seconds ? now.AddSeconds(-seconds)
            : DateTimeOffset.TryParse(query["sinceTime"], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time
            : null;
        return new LogRequest(
            Flag(query["follow"]), Flag(query["timestamps"]), Flag(query["previous"]), since, Number(query["tailLines"]), Number(query["limitBytes"]));
    }
}
