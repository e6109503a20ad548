using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Lateen.ScenarioTests.Mesh;

/// <summary>What wrk reported: requests answered, and those that failed in any way.</summary>
internal sealed record LoadResult(long Requests, long Failed, string Report);

/// <summary>wrk in a toolbox pod, 16 connections over keep-alive, for a bounded time.</summary>
internal static partial class Load
{
    /// <summary>Starts the load; the caller awaits <see cref="ResultAsync"/>.</summary>
    public static Process Start(SandboxMesh mesh, string ns, string pod, TimeSpan duration, string url) => mesh.Start(
        "kubectl",
        ["exec", "-n", ns, pod, "-c", "toolbox", "--", "wrk", "-t1", "-c16", $"-d{(int)duration.TotalSeconds}s", "--timeout", "5s", url]);

    /// <summary>Waits for the end of the load and reads its report.</summary>
    public static async Task<LoadResult> ResultAsync(Process load)
    {
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(90));
        string report = await load.StandardOutput.ReadToEndAsync(limit.Token);
        await load.WaitForExitAsync(limit.Token);
        long requests = Number(RequestsLine().Match(report));
        Match sockets = SocketErrorsLine().Match(report);
        long socketErrors = sockets.Success ? sockets.Groups.Values.Skip(1).Sum(g => long.Parse(g.Value, CultureInfo.InvariantCulture)) : 0;
        return load.ExitCode == 0 && requests > 0
            ? new LoadResult(requests, socketErrors + Number(StatusLine().Match(report)), report)
            : throw new InvalidOperationException($"wrk failed:\n{report}\n{await load.StandardError.ReadToEndAsync(limit.Token)}");
    }

    private static long Number(Match match) => match.Success ? long.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture) : 0;

    [GeneratedRegex(@"(\d+) requests in")]
    private static partial Regex RequestsLine();

    [GeneratedRegex(@"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)")]
    private static partial Regex SocketErrorsLine();

    [GeneratedRegex(@"Non-2xx or 3xx responses: (\d+)")]
    private static partial Regex StatusLine();
}
