using System.CommandLine;
using Lateen.ControlPlane.Hosting;

var root = new RootCommand("lateend: the control plane of the Lateen mesh.")
{
    DiscoveryCommand.Create(Environment.GetEnvironmentVariable, DiscoveryHost.RunAsync),
};
return await root.Parse(args).InvokeAsync();
