using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Net;
using Lateen.Config.Decoding;
using Lateen.Config.Decoding.Mesh;
using Lateen.Config.Sources.Kubernetes;
using Lateen.ControlPlane.Webhooks;

namespace Lateen.ControlPlane.Hosting;

/// <summary>`lateend discovery`: the flags of Istio's `pilot-discovery discovery` that deployments pass, plus where the configuration comes from.</summary>
internal static class DiscoveryCommand
{
    /// <param name="environment">Reads an environment variable; null when it is not set.</param>
    /// <param name="run">Runs the control plane; returns the exit code.</param>
    public static Command Create(Func<string, string?> environment, Func<DiscoveryOptions, CancellationToken, Task<int>> run)
    {
        var defaults = new DiscoveryOptions();
        var domain = Text("--domain", "DNS suffix of the cluster", defaults.Domain);
        var ns = Text("--namespace", "namespace of the control plane", environment("POD_NAMESPACE") ?? defaults.Namespace, "-n");
        var clusterId = Text("--clusterID", "name of this cluster", environment("CLUSTER_ID") ?? defaults.ClusterId);
        var logLevels = Text("--log_output_level", "scope:level,... with levels none, error, warn, info, debug", defaults.LogLevels);
        var kubeConfig = new Option<string?>("--kubeconfig") { Description = "kubeconfig file; without it the pod's service account is used" };
        var context = new Option<string?>("--context") { Description = "context of the kubeconfig file" };
        var configDirectory = new Option<string?>("--config-dir", "--configDir") { Description = "folder of YAML to serve in place of an API server; changes are followed" };
        var http = Address("--httpAddr", "readiness and debug pages", defaults.HttpAddress);
        var https = Address("--httpsAddr", "webhooks", defaults.HttpsAddress);
        var grpc = Address("--grpcAddr", "xDS in plaintext", defaults.GrpcAddress);
        var secureGrpc = Address("--secureGRPCAddr", "xDS over TLS", defaults.SecureGrpcAddress);
        var monitoring = Address("--monitoringAddr", "metrics and debug pages", defaults.MonitoringAddress);
        var maxAge = Duration("--keepaliveMaxServerConnectionAge", "close xDS streams that are older; 0 for never", TimeSpan.Zero);
        var shutdown = Duration("--shutdownDuration", "time that streams get to end", defaults.ShutdownDuration);

        var command = new Command("discovery", "Start the control plane.")
        {
            domain, ns, clusterId, logLevels, kubeConfig, context, configDirectory, http, https, grpc, secureGrpc, monitoring, maxAge, shutdown,
        };
        var wrong = new List<string>();
        var settings = ControlPlaneSettingsReader.Read(environment, wrong);
        command.SetAction((parsed, cancellation) => Explained(() => run(
            new DiscoveryOptions
            {
                Kubernetes = Source(parsed.GetValue(kubeConfig), parsed.GetValue(context), parsed.GetValue(configDirectory), environment),
                ConfigDirectory = parsed.GetValue(configDirectory),
                Domain = parsed.GetValue(domain)!,
                Namespace = parsed.GetValue(ns)!,
                PodName = environment("POD_NAME") ?? defaults.PodName,
                Revision = environment("REVISION") is { Length: > 0 } revision ? revision : defaults.Revision,
                ClusterId = parsed.GetValue(clusterId)!,
                HttpAddress = parsed.GetValue(http)!,
                HttpsAddress = parsed.GetValue(https)!,
                GrpcAddress = parsed.GetValue(grpc)!,
                SecureGrpcAddress = parsed.GetValue(secureGrpc)!,
                MonitoringAddress = parsed.GetValue(monitoring)!,
                MaxConnectionAge = parsed.GetValue(maxAge) is { Ticks: > 0 } age ? age : null,
                ShutdownDuration = parsed.GetValue(shutdown),
                LogLevels = parsed.GetValue(logLevels)!,
                Settings = settings,
                SettingProblems = wrong,
                PushThrottle = int.TryParse(environment("PILOT_PUSH_THROTTLE"), NumberStyles.None, CultureInfo.InvariantCulture, out var throttle) && throttle > 0
                    ? throttle
                    : defaults.PushThrottle,
                TemplateEnvironment = InjectionSource.Settings
                    .Where(name => environment(name) is not null)
                    .ToDictionary(name => name, name => environment(name)!, StringComparer.Ordinal),
            },
            cancellation)));
        return command;
    }

    // A wrong kubeconfig is the caller's mistake: one line that says so, no trace of ours.
    private static async Task<int> Explained(Func<Task<int>> run)
    {
        try
        {
            return await run();
        }
        catch (KubeConfigException exception)
        {
            await Console.Error.WriteLineAsync($"lateend: {exception.Message}");
            return 2;
        }
    }

    private static KubernetesClientOptions? Source(
        string? kubeConfig, string? context, string? configDirectory, Func<string, string?> environment)
    {
        if (kubeConfig is not null)
        {
            return KubeConfig.Load(kubeConfig, context);
        }

        return configDirectory is not null
            ? null
            : KubernetesClientOptions.InCluster(environment("KUBERNETES_SERVICE_HOST"), environment("KUBERNETES_SERVICE_PORT"));
    }

    private static Option<string> Text(string name, string description, string fallback, params string[] aliases) =>
        new(name, aliases) { Description = description, DefaultValueFactory = _ => fallback };

    private static Option<IPEndPoint> Address(string name, string description, IPEndPoint fallback) => new(name)
    {
        Description = description,
        DefaultValueFactory = _ => fallback,
        CustomParser = result => Parse(result, text => ListenAddress.Parse(text)),
    };

    private static Option<TimeSpan> Duration(string name, string description, TimeSpan fallback) => new(name)
    {
        Description = description,
        DefaultValueFactory = _ => fallback,
        CustomParser = result => Parse(result, text =>
            text == "infinity" ? TimeSpan.Zero
            : DurationText.TryParse(text, out var value) ? value
            : throw new FormatException($"\"{text}\" is no duration; write for example 30m or 1h30m")),
    };

    private static T? Parse<T>(ArgumentResult result, Func<string, T> parse)
    {
        try
        {
            return parse(result.Tokens[0].Value);
        }
        catch (FormatException exception)
        {
            result.AddError(exception.Message);
            return default;
        }
    }
}
