using System.CommandLine;
using Lateen.Cli.Cluster;
using Lateen.Config.Manifests;
using Lateen.Injection.Yaml;

namespace Lateen.Cli.Commands.XWorkload;

/// <summary><c>lateen x workload</c>: `group create` writes the WorkloadGroup for machines outside of Kubernetes, and needs no cluster for it.</summary>
internal static class WorkloadCommand
{
    public static Command Create(ClusterOptions cluster) => new("workload", "Commands to assist in configuring and deploying workloads running on VMs")
    {
        Subcommands =
        {
            new Command("group", "Commands dealing with WorkloadGroup resources") { Subcommands = { CreateGroup(cluster) } },
            new Command("entry", "Commands dealing with WorkloadEntry resources") { Subcommands = { ConfigureEntryCommand.Create(cluster) } },
        },
    };

    private static Command CreateGroup(ClusterOptions cluster)
    {
        Option<string> name = new("--name") { Description = "The name of the workload group", DefaultValueFactory = _ => "" };
        Option<string[]> labels = Pairs("--labels", "-l", "Labels of the workloads, name=value,…");
        Option<string[]> annotations = Pairs("--annotations", "-a", "Annotations of the workloads, name=value,…");
        Option<string[]> ports = Pairs("--ports", "-p", "Ports of the workloads, name=number,…");
        Option<string> account = new("--serviceAccount", "-s") { Description = "The service account of the workloads", DefaultValueFactory = _ => "default" };
        Command command = new("create", "Creates a WorkloadGroup resource that provides a template for associated WorkloadEntries")
        {
            name, labels, annotations, ports, account,
        };
        command.SetAction(async (line, _) =>
        {
            WorkloadGroupManifest manifest = new(line.GetValue(name)!, cluster.NamedNamespace(line))
            {
                Labels = Split(line.GetValue(labels)),
                Annotations = Split(line.GetValue(annotations)),
                Ports = Split(line.GetValue(ports)),
                ServiceAccount = line.GetValue(account)!,
            };
            try
            {
                await Console.Out.WriteAsync(YamlWriter.Write(manifest.ToJson()));
            }
            catch (FormatException e)
            {
                throw new CommandException(e.Message, e);
            }
        });
        return command;
    }

    private static Option<string[]> Pairs(string name, string alias, string description) => new(name, alias) { Description = description };

    private static string[] Split(string[]? values) => [.. (values ?? []).SelectMany(value => value.Split(',', StringSplitOptions.RemoveEmptyEntries))];
}
