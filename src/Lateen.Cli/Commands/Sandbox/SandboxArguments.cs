using System.CommandLine;
using System.Globalization;
using System.Net;
using Lateen.Sandbox.Network;
using Lateen.Sandbox.Up;

namespace Lateen.Cli.Commands.Sandbox;

/// <summary>The options that say which mesh on this machine is meant; the same for up, down, status and the daemon.</summary>
internal sealed class SandboxArguments
{
    private readonly Option<string> _home = new("--home")
    {
        Description = "State folder",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable("LATEEN_HOME") is { Length: > 0 } home ? home : "/var/lib/lateen",
    };

    private readonly Option<string> _name = new("--name") { Description = "Name of the mesh: the prefix of its network namespaces", DefaultValueFactory = _ => "lateen" };

    private readonly Option<string> _podCidr = new("--pod-cidr") { Description = "Addresses of pods", DefaultValueFactory = _ => "10.244.0.0/16" };

    private readonly Option<string> _serviceCidr = new("--service-cidr") { Description = "Addresses of services", DefaultValueFactory = _ => "10.96.0.0/16" };

    private readonly Option<int> _apiPort = new("--api-port") { Description = "Port of the Kubernetes API on 127.0.0.1; 0 takes a free one" };

    private readonly Option<SandboxProfile> _profile = new("--profile")
    {
        Description = "Gateways beside the control plane: minimal has none, default an ingress gateway, demo an egress gateway as well",
        DefaultValueFactory = _ => SandboxProfile.Default,
    };

    /// <summary>Also what only a start needs to know.</summary>
    public void AddForStartTo(Command command)
    {
        AddTo(command);
        command.Options.Add(_profile);
    }

    public void AddTo(Command command)
    {
        command.Options.Add(_home);
        command.Options.Add(_name);
        command.Options.Add(_podCidr);
        command.Options.Add(_serviceCidr);
        command.Options.Add(_apiPort);
    }

    /// <exception cref="CommandException">A value can not be used; the message says which and why.</exception>
    public SandboxOptions Read(ParseResult line)
    {
        NetworkOptions network = new()
        {
            Mesh = line.GetValue(_name)!,
            PodCidr = Range("--pod-cidr", line.GetValue(_podCidr)!),
            ServiceCidr = Range("--service-cidr", line.GetValue(_serviceCidr)!),
        };
        try
        {
            network.Validate();
        }
        catch (ArgumentException e)
        {
            throw new CommandException(e.Message, e);
        }

        return new SandboxOptions
        {
            Home = Path.GetFullPath(line.GetValue(_home)!),
            Programs = AppContext.BaseDirectory.TrimEnd('/'),
            Network = network,
            ApiPort = line.GetValue(_apiPort),
            Profile = line.GetResult(_profile) is null ? SandboxProfile.Default : line.GetValue(_profile),
        };
    }

    /// <summary>The command line by which this executable hosts the mesh.</summary>
    public static IReadOnlyList<string> DaemonLine(SandboxOptions options) =>
    [
        "sandbox", "run", "--home", options.Home, "--name", options.Network.Mesh, "--pod-cidr", options.Network.PodCidr.ToString(),
        "--service-cidr", options.Network.ServiceCidr.ToString(), "--api-port", options.ApiPort.ToString(CultureInfo.InvariantCulture), "--profile", options.Profile.ToString(),
    ];

    private static IPNetwork Range(string option, string text) => IPNetwork.TryParse(text, out IPNetwork range)
        ? range
        : throw new CommandException($"{option} {text}: not a range of addresses; write it like 10.244.0.0/16");
}
