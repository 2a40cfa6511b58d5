using CsCheck;
using K8sNetfilter.Namespaces;

namespace K8sNetfilter.Tests.Namespaces;

public sealed class ContainerCgroupTests
{
    private const string Uid = "0b2ed0a1-5c8e-4a2b-9d6f-7f1d2c3b4a59";
    private const string Under = "0b2ed0a1_5c8e_4a2b_9d6f_7f1d2c3b4a59";
    private const string Static = "1f2e3d4c5b6a79881f2e3d4c5b6a7988";
    private const string Id = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

    [Theory]
    [InlineData("0::/kubepods/burstable/pod" + Uid + "/" + Id, Uid, Id)]
    [InlineData("0::/kubepods/pod" + Uid + "/" + Id + "\n", Uid, Id)]
    [InlineData("12:memory:/kubepods/besteffort/pod" + Uid + "/" + Id + "\n11:cpu,cpuacct:/kubepods/besteffort/pod" + Uid + "/" + Id, Uid, Id)]
    [InlineData("0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" + Under + ".slice/cri-containerd-" + Id + ".scope", Uid, Id)]
    [InlineData("0::/kubepods.slice/kubepods-pod" + Under + ".slice/crio-" + Id + ".scope", Uid, Id)]
    [InlineData("0::/kubepods.slice/kubepods-pod" + Under + ".slice/crio-" + Id + ".scope/container", Uid, Id)]
    [InlineData("0::/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod" + Under + ".slice/docker-" + Id + ".scope", Uid, Id)]
    [InlineData("4:pids:/system.slice/containerd.service/kubepods-burstable-pod" + Under + ".slice:cri-containerd:" + Id, Uid, Id)]
    [InlineData("0::/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-burstable.slice/kubelet-kubepods-burstable-pod" + Under + ".slice/cri-containerd-" + Id + ".scope", Uid, Id)]
    [InlineData("0::/kubepods/burstable/pod" + Static + "/" + Id, Static, Id)]
    [InlineData("0::/../../pod" + Uid + "/" + Id, Uid, Id)]
    [InlineData("0::/kubepods/burstable/pod" + Uid, Uid, null)]
    [InlineData("0::/system.slice/docker-" + Id + ".scope", null, Id)]
    [InlineData("1:name=systemd:/docker/" + Id, null, Id)]
    [InlineData("0::/machine.slice/libpod-" + Id + ".scope/container", null, Id)]
    [InlineData("0::/user.slice/user-1000.slice/session-1.scope", null, null)]
    [InlineData("0::/system.slice/podman.service", null, null)]
    [InlineData("0::/", null, null)]
    [InlineData("", null, null)]
    [InlineData("rubbish", null, null)]
    [InlineData("0::/kubepods/podXYZ/" + Id + "0", null, null)]
    public void A_path_tells_pod_and_container(string text, string? pod, string? container) =>
        Assert.Equal((pod, container), ContainerCgroup.Parse(text));

    [Fact]
    public void Any_text_gives_a_uid_and_an_identifier_of_hexadecimal_digits_or_none()
    {
        var part = Gen.OneOf(Gen.String, Gen.Char["0123456789abcdefg-_:./ \n"].Array[0, 70].Select(c => new string(c)),
            Gen.OneOf("0::/kubepods/", "pod", ".slice", ".scope", "cri-containerd-", new string('a', 64), new string('0', 32)));
        part.Array[0, 8].Select(string.Concat).Sample(text =>
        {
            var (pod, container) = ContainerCgroup.Parse(text);
            Assert.True(pod is null || pod.Count(char.IsAsciiHexDigit) == 32, pod);
            Assert.True(container is null || (container.Length == 64 && container.All(char.IsAsciiHexDigit)), container);
        });
    }
}
