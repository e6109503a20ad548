using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Lateen.Config.Sources.Kubernetes;

/// <summary>Reads a kubeconfig file (Kubernetes documentation, "kubeconfig (v1)").</summary>
/// <remarks>Credential plugins (<c>exec</c>, <c>auth-provider</c>) are refused with a message, not ignored.</remarks>
public static class KubeConfig
{
    /// <summary>The options for a context of the file.</summary>
    /// <param name="path">The file; paths inside it are relative to its folder.</param>
    /// <param name="context">The context; null for <c>current-context</c>.</param>
    /// <exception cref="KubeConfigException">The file is missing, malformed, or names what it does not hold.</exception>
    public static KubernetesClientOptions Load(string path, string? context = null)
    {
        string text;
        try
        {
            text = File.ReadAllText(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new KubeConfigException($"{path}: {error.Message}", error);
        }

        return Parse(text, path, context);
    }

    /// <summary>The options for a context of a kubeconfig text.</summary>
    /// <param name="yaml">The text.</param>
    /// <param name="path">Where it is from, for messages and relative paths.</param>
    /// <param name="context">The context; null for <c>current-context</c>.</param>
    /// <exception cref="KubeConfigException">The text is malformed, or names what it does not hold.</exception>
    public static KubernetesClientOptions Parse(string yaml, string path, string? context = null)
    {
        YamlMappingNode root = Root(yaml, path);
        string name = context ?? Text(root, "current-context")
            ?? throw new KubeConfigException($"{path}: current-context is not set; name a context");
        YamlMappingNode chosen = Entry(root, "contexts", "context", name, path);
        string clusterName = Text(chosen, "cluster") ?? throw new KubeConfigException($"{path}: context {name}: cluster is not set");
        YamlMappingNode cluster = Entry(root, "clusters", "cluster", clusterName, path);
        YamlMappingNode user = Text(chosen, "user") is { } userName ? Entry(root, "users", "user", userName, path) : [];
        if (Child(user, "exec") is not null || Child(user, "auth-provider") is not null)
        {
            throw new KubeConfigException($"{path}: user {Text(chosen, "user")}: credential plugins are not supported; use a token or a client certificate");
        }

        string server = Text(cluster, "server") ?? throw new KubeConfigException($"{path}: cluster {clusterName}: server is not set");
        if (!Uri.TryCreate(server, UriKind.Absolute, out Uri? address))
        {
            throw new KubeConfigException($"{path}: cluster {clusterName}: server: '{server}' is not a URL");
        }

        string? authority = Material(cluster, "certificate-authority", path);
        string? certificate = Material(user, "client-certificate", path);
        string? key = Material(user, "client-key", path);
        return new KubernetesClientOptions
        {
            Server = address,
            CertificateAuthorities = authority is null ? null : Certificates(authority, path),
            SkipTlsVerification = Text(cluster, "insecure-skip-tls-verify") == "true",
            TlsServerName = Text(cluster, "tls-server-name"),
            ClientCertificate = certificate is null ? null : ClientCertificate(certificate, key, path),
            Token = Text(user, "token"),
            TokenFile = Text(user, "tokenFile") is { } file ? Resolve(file, path) : null,
            Basic = Text(user, "username") is { } login ? (login, Text(user, "password") ?? "") : null,
            Namespace = Text(chosen, "namespace") ?? "default",
        };
    }

    /// <summary>Reads a PEM bundle of certificates.</summary>
    /// <param name="pem">The bundle.</param>
    /// <param name="where">Where it is from, for the message.</param>
    /// <exception cref="KubeConfigException">It holds no certificate.</exception>
    internal static X509Certificate2Collection Certificates(string pem, string where)
    {
        X509Certificate2Collection certificates = [];
        try
        {
            certificates.ImportFromPem(pem);
        }
        catch (CryptographicException error)
        {
            throw new KubeConfigException($"{where}: certificate authority: {error.Message}", error);
        }

        return certificates.Count > 0
            ? certificates
            : throw new KubeConfigException($"{where}: certificate authority holds no PEM certificate");
    }

    private static X509Certificate2 ClientCertificate(string certificate, string? key, string path)
    {
        try
        {
            return X509Certificate2.CreateFromPem(certificate, key ?? certificate);
        }
        catch (Exception error) when (error is CryptographicException or ArgumentException)
        {
            throw new KubeConfigException($"{path}: client certificate and key: {error.Message}", error);
        }
    }

    // Each piece of key material stands inline in base64 (name-data, which wins) or in a file (name).
    private static string? Material(YamlMappingNode node, string name, string path)
    {
        if (Text(node, name + "-data") is { Length: > 0 } inline)
        {
            try
            {
                return Encoding.UTF8.GetString(Convert.FromBase64String(inline));
            }
            catch (FormatException error)
            {
                throw new KubeConfigException($"{path}: {name}-data is not base64", error);
            }
        }

        if (Text(node, name) is not { Length: > 0 } file)
        {
            return null;
        }

        try
        {
            return File.ReadAllText(Resolve(file, path));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new KubeConfigException($"{path}: {name}: {error.Message}", error);
        }
    }

    private static string Resolve(string file, string path) =>
        Path.GetFullPath(file, Path.GetDirectoryName(Path.GetFullPath(path)) ?? "/");

    private static YamlMappingNode Root(string yaml, string path)
    {
        YamlStream stream = [];
        try
        {
            stream.Load(new StringReader(yaml));
        }
        catch (YamlException error)
        {
            throw new KubeConfigException($"{path}:{error.Start.Line}: {error.Message}", error);
        }

        return stream.Documents.Count > 0 && stream.Documents[0].RootNode is YamlMappingNode root
            ? root
            : throw new KubeConfigException($"{path}: not a kubeconfig file");
    }

    private static YamlMappingNode Entry(YamlMappingNode root, string list, string member, string name, string path)
    {
        YamlMappingNode? entry = (Child(root, list) as YamlSequenceNode)?.OfType<YamlMappingNode>()
            .FirstOrDefault(item => Text(item, "name") == name);
        return (entry is null ? null : Child(entry, member)) as YamlMappingNode
            ?? throw new KubeConfigException($"{path}: {list}: there is no {member} named '{name}'");
    }

    private static YamlNode? Child(YamlMappingNode node, string key) =>
        node.Children.TryGetValue(new YamlScalarNode(key), out YamlNode? value) ? value : null;

    private static string? Text(YamlMappingNode node, string key) =>
        Child(node, key) is YamlScalarNode { Value: { Length: > 0 } value } ? value : null;
}
