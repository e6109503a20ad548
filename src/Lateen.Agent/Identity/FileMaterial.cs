using Envoy.Extensions.TransportSockets.Tls.V3;
using Lateen.Agent.Settings;

namespace Lateen.Agent.Identity;

/// <summary>Certificates that are mounted as files: those of the workload, and those that configuration names by path.</summary>
/// <remarks>Istio's order: ./var/run/secrets/workload-spiffe-credentials, then ./etc/certs; names file-cert:CHAIN~KEY and file-root:PATH.</remarks>
internal sealed class FileMaterial(AgentOptions options)
{
    private const string SystemRoots = "system", SystemRootsPath = "/etc/ssl/certs/ca-certificates.crt";
    private static readonly string[] Folders = ["var/run/secrets/workload-spiffe-credentials", "etc/certs"];

    /// <summary>The workload's own; null when none are mounted and the authority is to be asked.</summary>
    public WorkloadMaterial? Workload()
    {
        foreach (var folder in Folders.Select(f => Path.Combine(options.Root, f)))
        {
            if (Read(Path.Combine(folder, "cert-chain.pem")) is { } chain && Read(Path.Combine(folder, "key.pem")) is { } key
                && Read(Path.Combine(folder, "root-cert.pem")) is { } roots)
            {
                return new WorkloadMaterial(chain, key, roots);
            }
        }
        return null;
    }

    /// <summary>The secret of a name with a path in it; null when it is no such name or a file cannot be read.</summary>
    public Secret? Named(string name)
    {
        if (FileSecretName.Parse(name) is not { } files)
        {
            return null;
        }
        if (files.IsRoots)
        {
            return Read(files.Roots == SystemRoots ? SystemRootsPath : Rooted(files.Roots)) is { } roots ? WorkloadMaterial.Trust(name, roots) : null;
        }
        return Read(Rooted(files.Chain)) is { } chain && Read(Rooted(files.Key)) is { } key ? WorkloadMaterial.KeyPair(name, chain, key) : null;
    }

    private string Rooted(string path) => Path.Combine(options.Root, path.TrimStart('/'));

    private static string? Read(string path)
    {
        try
        {
            return File.Exists(path) ? File.ReadAllText(path) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
