using System.CommandLine;
using System.Text.Json.Nodes;
using Lateen.Config.Sources.Kubernetes;
using Lateen.Inspection.Tables;
using Lateen.Sandbox.Up;

namespace Lateen.Cli.Commands.Sandbox;

/// <summary><c>lateen status</c>: whether the mesh on this machine is up, and its pods.</summary>
internal static class StatusCommand
{
    private const int NotUp = 1;

    public static Command Create()
    {
        SandboxArguments arguments = new();
        Command command = new("status", "Shows whether the mesh on this machine is up, and its pods");
        arguments.AddTo(command);
        command.SetAction(async (line, cancellation) =>
        {
            SandboxOptions options = arguments.Read(line);
            if (SandboxStatus.Find(options) is not { } process)
            {
                Console.WriteLine($"mesh {options.Network.Mesh} is not up; bring it up with 'lateen up'");
                return NotUp;
            }

            using KubernetesClient client = new(KubeConfig.Load(options.Kubeconfig));
            ResourceList pods = await client.ListAsync(ResourceTypes.Pods, ObjectSelector.All, cancellation);
            Console.WriteLine($"mesh {options.Network.Mesh} is up: process {process}, API {client.Server}, KUBECONFIG={options.Kubeconfig}");
            TextTable table = new(3, "NAMESPACE", "POD", "READY", "PHASE", "IP", "NETWORK NAMESPACE");
            foreach (JsonObject pod in pods.Items)
            {
                JsonObject[] containers = [.. pod.Items("status", "containerStatuses")];
                table.Add(
                    pod.Namespace(), pod.Name(), $"{containers.Count(c => c.Flag("ready"))}/{pod.Items("spec", "containers").Count()}",
                    pod.Text("status", "phase"), pod.Text("status", "podIP"), options.Network.PodNamespace(pod.Uid()));
            }

            Console.Write(table);
            return 0;
        });
        return command;
    }
}
