using System.Globalization;
using System.Net;

namespace Lateen.Agent.Verbs;

/// <summary><c>lateen-agent request METHOD PATH [BODY]</c>: asks one of the sidecar's own pages and prints the answer.</summary>
internal static class RequestVerb
{
    public const string Name = "request";

    private static readonly int[] Ports = [15000, 15004, 15020, 15021];

    public static async Task<int> RunAsync(IReadOnlyList<string> arguments, TextWriter output, TextWriter errors, CancellationToken cancellation)
    {
        var flags = Flags.Parse(arguments, [.. LogFlags.Valued, "debug-port"], LogFlags.Switches);
        var port = flags.Number("debug-port", 15000);
        var problem = flags.Problem
            ?? (flags.Positions.Count is 2 or 3 ? null : "requires at least 2 arg(s): METHOD PATH [BODY], for example: request GET /config_dump")
            ?? (Ports.Contains(port) ? null : $"debug port {port} is not in allowed list {string.Join(' ', Ports)}");
        if (problem is not null)
        {
            errors.WriteLine($"Error: {problem}");
            return 1;
        }
        // The page's path may come without its leading slash: "request GET stats".
        var path = flags.Positions[1].TrimStart('/');
        using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(60) };
        using var request = new HttpRequestMessage(
            new HttpMethod(flags.Positions[0].ToUpperInvariant()), new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}/{path}")));
        if (flags.Positions.Count == 3)
        {
            request.Content = new StringContent(flags.Positions[2]);
        }
        try
        {
            using var response = await client.SendAsync(request, cancellation);
            var body = await response.Content.ReadAsStringAsync(cancellation);
            if ((int)response.StatusCode >= 400 && response.StatusCode != HttpStatusCode.NotFound)
            {
                errors.WriteLine($"Error: received unsuccessful status code {(int)response.StatusCode}: {body}");
                return 1;
            }
            output.WriteLine(body);
            return 0;
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            errors.WriteLine($"Error: no answer from 127.0.0.1:{port}: {e.Message}; is the sidecar running in this network namespace?");
            return 1;
        }
    }
}
