namespace Lateen.Agent.Verbs;

/// <summary><c>lateen-agent wait</c>: returns when the sidecar is ready; the postStart hook that holds the application back.</summary>
internal static class WaitVerb
{
    public const string Name = "wait";

    public static async Task<int> RunAsync(IReadOnlyList<string> arguments, TextWriter errors, TimeProvider time, CancellationToken cancellation)
    {
        var flags = Flags.Parse(
            arguments, [.. LogFlags.Valued, "timeoutSeconds", "requestTimeoutMillis", "periodMillis", "url"], LogFlags.Switches);
        var limit = TimeSpan.FromSeconds(flags.Number("timeoutSeconds", 60));
        var period = TimeSpan.FromMilliseconds(Math.Max(1, flags.Number("periodMillis", 500)));
        var requestLimit = TimeSpan.FromMilliseconds(Math.Max(1, flags.Number("requestTimeoutMillis", 500)));
        if (!Uri.TryCreate(flags.Text("url", "http://localhost:15021/healthz/ready"), UriKind.Absolute, out var url))
        {
            errors.WriteLine("Error: --url is not an absolute URL");
            return 1;
        }
        if (flags.Problem is { } problem)
        {
            errors.WriteLine($"Error: {problem}");
            return 1;
        }
        using var client = new HttpClient { Timeout = requestLimit };
        var started = time.GetTimestamp();
        var last = "none was tried";
        while (time.GetElapsedTime(started) < limit)
        {
            await Task.Delay(period, time, cancellation);
            try
            {
                using var response = await client.GetAsync(url, cancellation);
                if ((int)response.StatusCode == 200)
                {
                    return 0;
                }
                last = $"HTTP status code {(int)response.StatusCode}";
            }
            catch (Exception e) when (e is HttpRequestException or TaskCanceledException && !cancellation.IsCancellationRequested)
            {
                last = e.Message;
            }
        }
        errors.WriteLine($"Error: timeout waiting for Envoy proxy to become ready. Last error: {last}");
        return 1;
    }
}
