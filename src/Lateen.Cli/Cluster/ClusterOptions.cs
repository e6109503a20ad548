using System.CommandLine;
using Lateen.Config.Sources.Kubernetes;

namespace Lateen.Cli.Cluster;

/// <summary>The options that say which cluster and namespaces a command means; the same for every verb, as in istioctl.</summary>
internal sealed class ClusterOptions
{
    private readonly Option<string?> _kubeconfig = new("--kubeconfig", "-c")
    {
        Description = "Kubernetes configuration file (default: $KUBECONFIG, ~/.kube/config, then the sandbox's)",
        Recursive = true,
    };

    private readonly Option<string?> _context = new("--context") { Description = "Kubernetes configuration context", Recursive = true };

    private readonly Option<string?> _namespace = new("--namespace", "-n") { Description = "Kubernetes namespace", Recursive = true };

    private readonly Option<string> _istioNamespace = new("--istioNamespace", "-i")
    {
        Description = "Namespace of the control plane",
        DefaultValueFactory = _ => "istio-system",
        Recursive = true,
    };

    /// <summary>Makes the options known to every verb below <paramref name="root"/>.</summary>
    public void AddTo(Command root)
    {
        root.Options.Add(_kubeconfig);
        root.Options.Add(_context);
        root.Options.Add(_namespace);
        root.Options.Add(_istioNamespace);
    }

    /// <summary>Opens the cluster that the command line names.</summary>
    /// <exception cref="KubeConfigException">There is no kubeconfig, or it can not be read; the message says what to do.</exception>
    public ClusterAccess Open(ParseResult line)
    {
        KubernetesClientOptions options = KubeConfig.Load(FindKubeconfig(line.GetValue(_kubeconfig)), line.GetValue(_context));
        return new ClusterAccess(new KubernetesClient(options), line.GetValue(_namespace) ?? options.Namespace, line.GetValue(_istioNamespace)!);
    }

    /// <summary>The namespace that the command line names, else the kubeconfig's, else `default`.</summary>
    public string NamespaceOf(ParseResult line)
    {
        if (line.GetValue(_namespace) is { Length: > 0 } named)
        {
            return named;
        }

        try
        {
            return KubeConfig.Load(FindKubeconfig(line.GetValue(_kubeconfig)), line.GetValue(_context)).Namespace;
        }
        catch (KubeConfigException)
        {
            return "default";
        }
    }

    /// <summary>The namespace that the command line names; empty for none.</summary>
    public string NamedNamespace(ParseResult line) => line.GetValue(_namespace) ?? "";

    /// <summary>The namespace of the control plane.</summary>
    public string IstioNamespaceOf(ParseResult line) => line.GetValue(_istioNamespace)!;

    private static string FindKubeconfig(string? named)
    {
        if (named is { Length: > 0 })
        {
            return named;
        }

        if (Environment.GetEnvironmentVariable("KUBECONFIG") is { Length: > 0 } listed)
        {
            return listed.Split(':').FirstOrDefault(File.Exists) ?? listed.Split(':')[0];
        }

        string[] usual = [Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".kube", "config"), "/var/lib/lateen/kubeconfig"];
        return usual.FirstOrDefault(File.Exists)
            ?? throw new KubeConfigException($"no kubeconfig: --kubeconfig and $KUBECONFIG are not set, and neither {usual[0]} nor {usual[1]} exists; run 'lateen up', or name your cluster's file");
    }
}
