using System.CommandLine;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Lateen.Cli.Cluster;
using Lateen.Config.Manifests;
using Lateen.Config.Sources.Kubernetes;
using Lateen.Injection.Yaml;

namespace Lateen.Cli.Commands.XWorkload;

/// <summary><c>lateen x workload entry configure</c>: the files with which a machine outside of Kubernetes joins the mesh.</summary>
internal sealed class ConfigureEntryCommand
{
    private const string Audience = "istio-ca";
    private const string DefaultCluster = "Kubernetes";

    private readonly Option<string?> _file = new("--file", "-f") { Description = "The WorkloadGroup as a file; default the one of the cluster" };
    private readonly Option<string> _name = new("--name") { Description = "The name of the workload group", DefaultValueFactory = _ => "" };
    private readonly Option<string> _output = new("--output", "-o") { Description = "Output directory for generated files", DefaultValueFactory = _ => "" };
    private readonly Option<string> _clusterId = new("--clusterID") { Description = "The ID used to identify the cluster", DefaultValueFactory = _ => "" };
    private readonly Option<int> _duration = new("--tokenDuration") { Description = "The token duration in seconds", DefaultValueFactory = _ => 3600 };
    private readonly Option<string> _service = new("--ingressService")
    {
        Description = "The Service of the gateway through which the control plane is reached, SERVICE[.NAMESPACE]", DefaultValueFactory = _ => "istio-eastwestgateway",
    };

    private readonly Option<string> _ingressIp = new("--ingressIP") { Description = "IP address of that gateway", DefaultValueFactory = _ => "" };
    private readonly Option<string> _internalIp = new("--internalIP") { Description = "Internal IP address of the workload", DefaultValueFactory = _ => "" };
    private readonly Option<string> _externalIp = new("--externalIP") { Description = "External IP address of the workload", DefaultValueFactory = _ => "" };
    private readonly Option<bool> _register = new("--autoregister") { Description = "Creates a WorkloadEntry upon connection (if enabled in the control plane)" };
    private readonly Option<bool> _dns = new("--capture-dns") { Description = "Redirects outgoing DNS to the agent", DefaultValueFactory = _ => true };
    private readonly Option<string> _revision = new("--revision", "-r") { Description = "Control plane revision", DefaultValueFactory = _ => "" };
    private readonly ClusterOptions _cluster;

    private ConfigureEntryCommand(ClusterOptions cluster) => _cluster = cluster;

    public static Command Create(ClusterOptions cluster)
    {
        ConfigureEntryCommand verb = new(cluster);
        Command command = new("configure", "Generates all the required configuration files for a workload instance running on a VM or non-Kubernetes environment")
        {
            verb._file, verb._name, verb._output, verb._clusterId, verb._duration, verb._service, verb._ingressIp, verb._internalIp, verb._externalIp,
            verb._register, verb._dns, verb._revision,
        };
        command.SetAction(verb.RunAsync);
        return command;
    }

    private async Task RunAsync(ParseResult line, CancellationToken cancellation)
    {
        string folder = line.GetValue(_output)!;
        if (WorkloadEntryFiles.Missing(line.GetValue(_file) ?? "", line.GetValue(_name)!, _cluster.NamedNamespace(line), folder) is { } missing)
        {
            throw new CommandException(missing);
        }

        using ClusterAccess access = _cluster.Open(line);
        JsonObject group = await GroupAsync(access, line, cancellation);
        string revision = line.GetValue(_revision)!;
        string suffix = revision is "" or "default" ? "" : "-" + revision;
        string mesh = await DataAsync(access, access.IstioNamespace, "istio" + suffix, "mesh", cancellation);
        WorkloadEntryOptions options = new(access.IstioNamespace, revision, await ClusterIdAsync(access, suffix, line, cancellation))
        {
            InternalIp = line.GetValue(_internalIp)!,
            ExternalIp = line.GetValue(_externalIp)!,
            IngressIp = await IngressAsync(access, line, cancellation),
            AutoRegister = line.GetValue(_register),
            CaptureDns = line.GetValue(_dns),
        };
        WorkloadEntryFiles files;
        try
        {
            files = WorkloadEntryFiles.Of(group, YamlReader.Read(mesh) as JsonObject ?? [], options);
        }
        catch (FormatException e)
        {
            throw new CommandException(e.Message, e);
        }

        // Everything that can fail is asked before the first file is written.
        string root = await DataAsync(access, group.Namespace(), "istio-ca-root-cert", "root-cert.pem", cancellation);
        ObjectKey account = new(group.Namespace(), WorkloadEntryFiles.AccountOf(group));
        string token = await TokenAsync(access, account, TimeSpan.FromSeconds(line.GetValue(_duration)), cancellation);
        Directory.CreateDirectory(folder);
        await WriteAsync(folder, "mesh.yaml", YamlWriter.Write(files.Mesh));
        await WriteAsync(folder, "cluster.env", files.ClusterEnv);
        await WriteAsync(folder, "root-cert.pem", root);
        await WriteAsync(folder, "hosts", files.Hosts);
        string path = await WriteAsync(folder, "istio-token", token);
        await Console.Out.WriteLineAsync(
            $"Warning: a security token for namespace \"{account.Namespace}\" and service account \"{account.Name}\" has been generated and stored at \"{path}\"");
        if (files.Hosts.Length == 0)
        {
            await Console.Error.WriteLineAsync("Could not auto-detect the address of the control plane's gateway. Use --ingressIP to name it.");
        }

        await Console.Out.WriteLineAsync($"Configuration generation into directory {folder} was successful");
    }

    private async Task<JsonObject> GroupAsync(ClusterAccess access, ParseResult line, CancellationToken cancellation)
    {
        string ns = _cluster.NamedNamespace(line);
        string name = line.GetValue(_name)!;
        if (line.GetValue(_file) is not { } file)
        {
            return await access.Client.FindAsync(ResourceTypes.WorkloadGroups, ns, name, cancellation)
                ?? throw new CommandException($"workloadgroups \"{name}\" not found in namespace {ns}");
        }

        return YamlReader.Read(await File.ReadAllTextAsync(file, cancellation)) is JsonObject group && group.Text("kind") == "WorkloadGroup"
            && group.Name().Length > 0 && group.Namespace().Length > 0
            ? group
            : throw new CommandException($"{file} holds no WorkloadGroup with a name and a namespace");
    }

    private async Task<string> ClusterIdAsync(ClusterAccess access, string suffix, ParseResult line, CancellationToken cancellation)
    {
        if (line.GetValue(_clusterId) is { Length: > 0 } given)
        {
            return given;
        }

        JsonObject? injector = await access.Client.FindAsync(ResourceTypes.ConfigMaps, access.IstioNamespace, "istio-sidecar-injector" + suffix, cancellation);
        return YamlReader.Read(injector.Text("data", "values")).Text("global", "multiCluster", "clusterName") is { Length: > 0 } name ? name : DefaultCluster;
    }

    private async Task<string> IngressAsync(ClusterAccess access, ParseResult line, CancellationToken cancellation)
    {
        string given = line.GetValue(_ingressIp)!;
        if (given.Length > 0)
        {
            return IPAddress.TryParse(given, out _) ? given : throw new CommandException($"--ingressIP {given}: not an address");
        }

        string[] parts = line.GetValue(_service)!.Split('.', 2);
        JsonObject? service = await access.Client.FindAsync(ResourceTypes.Services, parts.Length == 2 ? parts[1] : access.IstioNamespace, parts[0], cancellation);
        return service.Items("status", "loadBalancer", "ingress").Select(ingress => ingress.Text("ip")).Concat(service.Texts("spec", "externalIPs")).FirstOrDefault(ip => ip.Length > 0) ?? "";
    }

    private static async Task<string> TokenAsync(ClusterAccess access, ObjectKey account, TimeSpan lifetime, CancellationToken cancellation)
    {
        try
        {
            return await ServiceAccountTokens.RequestAsync(access.Client, account, Audience, lifetime, cancellation);
        }
        catch (KubernetesApiException e)
        {
            throw new CommandException($"could not create a token under service account {account.Name} in namespace {account.Namespace}: {e.Message}", e);
        }
    }

    private static async Task<string> DataAsync(ClusterAccess access, string ns, string name, string key, CancellationToken cancellation) =>
        (await access.Client.FindAsync(ResourceTypes.ConfigMaps, ns, name, cancellation)
            ?? throw new CommandException($"configmap {name} was not found in namespace {ns}")).Text("data", key);

    private static async Task<string> WriteAsync(string folder, string name, string text)
    {
        string path = Path.Combine(folder, name);
        File.Delete(path);

        // One of them is a token: they are for whoever asked, and no one else.
        await using FileStream file = new(path, new FileStreamOptions
        {
            Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
        await file.WriteAsync(Encoding.UTF8.GetBytes(text));
        return path;
    }
}
