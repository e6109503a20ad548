using Lateen.Agent.Interception;

switch (args.FirstOrDefault())
{
    case IstioIptablesVerb.Name: return IstioIptablesVerb.Run(args[1..], ProcessEnvironment.Read(), Console.Out, Console.Error);
    case IstioCleanIptablesVerb.Name: return IstioCleanIptablesVerb.Run(args[1..], ProcessEnvironment.Read(), Console.Out, Console.Error);
}

return 0;
