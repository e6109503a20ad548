using Google.Protobuf;
using Lateen.Translation;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Translation;

public class MessageTypesTests
{
    [Fact]
    public void NameOf_EveryMessageOfOurs_IsWhatItsDescriptorSays()
    {
        var messages = typeof(Envoy.Config.Cluster.V3.Cluster).Assembly.GetTypes().Where(type => typeof(IMessage).IsAssignableFrom(type) && !type.IsAbstract).ToList();
        messages.Count.ShouldBeGreaterThan(100);
        foreach (var type in messages)
        {
            MessageTypes.NameOf(type).ShouldBe(((IMessage)Activator.CreateInstance(type)!).Descriptor.FullName);
        }

        MessageTypes.NameOf(typeof(Google.Protobuf.WellKnownTypes.Struct)).ShouldBe("google.protobuf.Struct");
    }
}
