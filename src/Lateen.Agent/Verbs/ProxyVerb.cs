using System.Text.Json;
using Lateen.Agent.Hosting;
using Lateen.Agent.Settings;
using Lateen.Agent.Status;

namespace Lateen.Agent.Verbs;

/// <summary><c>lateen-agent proxy sidecar|router</c>: runs the sidecar or the gateway.</summary>
internal static class ProxyVerb
{
    public const string Name = "proxy";

    public static async Task<int> RunAsync(
        IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string> environment, TextWriter output, TextWriter errors, TimeProvider time)
    {
        var flags = Flags.Parse(arguments, AgentOptionsReader.Valued, AgentOptionsReader.Switches);
        var logs = LogFlags.Create(flags, output, time, out var problem);
        var options = logs is null ? null : AgentOptionsReader.Read(flags, environment, Environment.ProcessorCount, out problem);
        IReadOnlyDictionary<string, AppProbe>? probes = null;
        try
        {
            probes = AppProbe.ReadAll(environment.GetValueOrDefault("ISTIO_KUBE_APP_PROBERS", ""));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            problem ??= $"ISTIO_KUBE_APP_PROBERS: {e.Message}";
        }
        if (options is null || probes is null)
        {
            errors.WriteLine($"Error: {problem}");
            return 1;
        }
        using (logs)
        using (var client = new HttpClient { Timeout = TimeSpan.FromSeconds(10) })
        using (var prober = new AppProbes(probes, options.Addresses[0]))
        {
            return await new AgentHost(options, logs!, time, client, prober).RunAsync();
        }
    }
}
